"""Rows for the storage tests."""

from datetime import UTC, datetime, timedelta

from webui.store import certificates, dossiers, outbox, units
from webui.store.records import DossierRow

NOW = datetime(2026, 11, 23, 1, 2, 3, 456789, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


async def unit(tx, mst="0101300842", **changes) -> int:
    return await units.add(
        tx,
        mst=mst,
        created_at=NOW,
        **{
            "password_hash": None,
            "ten_don_vi": "CÔNG TY MẪU",
            "ma_don_vi": "TS12345",
            "co_quan_bhxh": "07906",
            "dia_chi": "Hà Nội",
            "nguoi_lien_he": "Mẫu",
            "dien_thoai": "0912345678",
            "email": "a@b.vn",
            **changes,
        },
    )


async def certificate(tx, unit_id, sha256="a" * 64, **changes) -> int:
    return await certificates.add(
        tx,
        unit_id=unit_id,
        sha256=sha256,
        **{
            "der": b"der",
            "source": "{}",
            "state": "chua-gui",
            "chain": "trusted",
            "revocation": "good",
            "now": NOW,
            **changes,
        },
    )


def dossier(unit_id, certificate_id, name="1", **changes) -> DossierRow:
    return DossierRow(
        **{
            "id": name.rjust(32, "0"),
            "unit_id": unit_id,
            "certificate_id": certificate_id,
            "state": "da-ky",
            "nguoi_lien_he": "Mẫu",
            "dien_thoai": "0912345678",
            "email": "a@b.vn",
            "document": b"<Hoso/>",
            "sha256": "b" * 64,
            "created_at": NOW,
            "signed_at": NOW,
            "sent_at": None,
            "decided_at": None,
            "ma_giao_dich": None,
            "so_ho_so": None,
            "result_code": None,
            "result_text": None,
            "search_text": "cong ty mau 54a0",
            **changes,
        }
    )


async def queued(tx, name="1", due_at=NOW) -> str:
    """A unit with a certificate and a dossier in the outbox."""
    unit_id = await unit(tx, mst=name.rjust(10, "9"))
    row = dossier(unit_id, await certificate(tx, unit_id), name)
    await dossiers.add(tx, row)
    await outbox.add(tx, dossier_id=row.id, due_at=due_at)
    return row.id
