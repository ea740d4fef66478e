"""Every window in every state, looked at by tests/support/qt_audit.py in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
SCENES = (
    "site", "site-http", "site-punycode", "site-native", "site-local", "site-hostile",
    "site-inert", "site-countdown", "select", "select-empty", "select-none-usable",
    "select-plugged-in", "select-unplugged", "sign-inert", "sign", "sign-low", "sign-final",
    "sign-locked", "sign-pin-pad", "sign-warning", "sign-hostile", "sign-unplugged",
    "sign-not-ascii", "sign-working", "sign-rejected", "sign-rejected-low",
    "sign-rejected-final", "sign-rejected-locked", "sign-length", "login", "notice",
    "select-services", "service-inert", "service", "service-generated", "service-phone",
    "service-nothing", "service-working", "service-pin-rejected", "otp", "otp-typed",
    "otp-generated", "otp-hostile", "otp-given", "otp-rejected", "otp-not-ascii", "phone",
    "phone-over", "phone-hostile", "phone-done", "login-phone",
    "batch-inert", "batch", "batch-one", "batch-few", "batch-huge", "batch-again",
    "batch-excluded", "batch-none", "batch-search", "batch-search-vain", "batch-warned",
    "batch-only-warned", "batch-hostile", "batch-look-waiting", "batch-look",
    "batch-look-warned", "batch-look-failed", "batch-look-hostile", "batch-unplugged",
    "batch-rejected", "batch-pin-pad", "batch-working", "batch-stopped", "batch-service",
    "batch-otp", "batch-phone", "sign-digest", "sign-changed", "digests", "digests-native",
    "digests-service", "site-digests", "site-digests-native",
)  # fmt: skip
EVERY = [f"{scene}-{language}" for scene in SCENES for language in ("vi", "en")]


#: The smallest screen that offices still have.
SMALL = {"name": "small", "x": 0, "y": 0, "width": 1024, "height": 600, "dpr": 1}
SMALL |= {"logicalDpi": 96, "logicalBaseDpi": 96}


@pytest.fixture(scope="module")
def audit():
    return looked_at("offscreen")


@pytest.fixture(scope="module")
def small_audit(tmp_path_factory):
    file = tmp_path_factory.mktemp("screen") / "small.json"
    file.write_text(json.dumps({"screens": [SMALL], "synchronousWindowSystemEvents": False}))
    return looked_at(f"offscreen:configfile={file}")


def looked_at(platform):
    told = subprocess.run(
        [sys.executable, "-m", "tests.support.qt_audit"],
        cwd=ROOT,
        env=os.environ | {"QT_QPA_PLATFORM": platform},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout)


def test_every_scene_was_looked_at(audit):
    assert set(audit) == set(EVERY)


@pytest.mark.parametrize("scene", EVERY)
class TestEveryWindow:
    def test_everything_one_can_reach_has_a_name(self, audit, scene):
        assert audit[scene]["nameless"] == []

    def test_something_sensible_has_the_focus(self, audit, scene):
        assert audit[scene]["focused"]

    def test_it_says_what_it_is_when_it_opens(self, audit, scene):
        assert audit[scene]["described"]

    def test_no_text_is_ever_rendered_as_markup(self, audit, scene):
        assert audit[scene]["markup"] == []

    def test_no_text_is_cut_off(self, audit, scene):
        assert audit[scene]["clipped"] == []

    def test_it_fits_the_screen(self, audit, scene):
        assert audit[scene]["height"] <= audit[scene]["most"]

    def test_its_buttons_are_in_sight(self, audit, scene):
        assert audit[scene]["out_of_sight"] == []

    def test_nothing_hidden_or_reordering_is_shown(self, audit, scene):
        words = "".join(audit[scene]["words"])

        assert not set(words) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2069\u200b\u200e")


@pytest.mark.parametrize("scene", EVERY)
def test_it_fits_a_small_screen_too(small_audit, scene):
    seen = small_audit[scene]

    assert seen["most"] == SMALL["height"]
    assert seen["height"] <= seen["most"]
    assert seen["out_of_sight"] == []
    assert seen["clipped"] == []


LIST = ("&Bỏ chọn tất cả", "&Xem nội dung")
LOOK = ("&Quay lại danh sách", "Ký tài liệu &này", "T&rước", "&Sau")


@pytest.mark.parametrize(
    ("scene", "state", "enabled"),
    [
        ("site-inert-vi", "shown", ["&Từ chối"]),
        ("site-vi", "armed", ["&Từ chối", "Chỉ &lần này", "Luôn cho &phép"]),
        ("site-http-vi", "armed", ["&Từ chối", "Chỉ &lần này"]),
        ("sign-inert-vi", "shown", ["&Từ chối"]),
        ("sign-vi", "armed", ["&Từ chối", "&Ký"]),
        ("sign-low-vi", "armed", ["&Từ chối"]),  # no PIN typed yet
        ("sign-unplugged-vi", "unplugged", ["&Từ chối"]),
        ("sign-working-vi", "working", ["&Hủy"]),
        ("sign-rejected-locked-vi", "locked", ["Đón&g"]),
        ("sign-locked-vi", "locked", ["Đón&g"]),
        ("sign-pin-pad-vi", "armed", ["&Từ chối", "&Ký"]),
        ("select-empty-vi", "armed", ["&Hủy"]),
        ("notice-vi", "armed", ["Đón&g"]),
        ("service-inert-vi", "shown", ["&Từ chối"]),
        ("service-vi", "armed", ["&Từ chối", "&Ký"]),
        ("service-generated-vi", "armed", ["&Từ chối"]),  # no PIN typed yet
        ("service-phone-vi", "armed", ["&Từ chối", "&Ký"]),
        ("service-nothing-vi", "armed", ["&Từ chối", "&Ký"]),
        ("service-working-vi", "working", ["&Hủy"]),
        ("service-pin-rejected-vi", "armed", ["&Từ chối"]),
        ("otp-vi", "otp", ["&Hủy"]),
        ("otp-typed-vi", "otp", ["&Hủy", "&Gửi mã OTP"]),
        ("otp-given-vi", "working", ["&Hủy"]),
        ("otp-rejected-vi", "otp", ["&Hủy"]),
        ("otp-not-ascii-vi", "otp", ["&Hủy"]),
        ("phone-vi", "working", ["&Hủy"]),
        ("phone-done-vi", "working", ["&Hủy"]),
        ("batch-inert-vi", "shown", [*LIST, "&Từ chối"]),
        ("batch-vi", "armed", [*LIST, "&Từ chối", "&Ký 100 tài liệu"]),
        ("batch-one-vi", "armed", ["&Xem nội dung", "&Từ chối", "&Ký 1 tài liệu"]),
        ("batch-excluded-vi", "armed", ["Chọn tất &cả", "&Xem nội dung", "&Từ chối"]),
        ("batch-none-vi", "armed", ["Chọn tất &cả", "&Xem nội dung", "&Từ chối"]),
        ("batch-search-vain-vi", "armed", ["&Từ chối"]),
        ("batch-look-vi", "armed", [*LOOK, "&Từ chối"]),
        ("batch-unplugged-vi", "unplugged", [*LIST, "&Từ chối"]),
        ("batch-pin-pad-vi", "armed", [*LIST, "&Từ chối", "&Ký 100 tài liệu"]),
        ("batch-working-vi", "working", ["&Dừng lại"]),
        ("batch-stopped-vi", "refused", []),
        ("batch-otp-vi", "otp", ["&Hủy"]),
        ("batch-phone-vi", "working", ["&Hủy"]),
        ("digests-vi", "armed", ["&Từ chối", "Đồng ý cho &ký"]),
        ("digests-native-vi", "armed", ["&Từ chối"]),  # no PIN typed yet
        ("site-digests-vi", "armed", ["&Từ chối", "Chỉ &lần này", "Luôn cho &phép"]),
    ],
)
def test_what_can_be_pressed(audit, scene, state, enabled):
    assert audit[scene]["state"] == state
    assert [label for label in audit[scene]["enabled"] if label] == enabled


@pytest.mark.parametrize(
    ("scene", "words"),
    [
        ("sign-vi", ["https://ketoan.example.vn", "05_SĐ-IVAN_0101234567.xml", "SAO MAI CA G2"]),
        ("sign-vi", ["9f86d081884c7d65 9a2feaa0c55ad015 a3bf4f1b2b0b822c d15d6c15b0f00a08"]),
        ("sign-vi", ["0101234567", "CÔNG TY TNHH THƯƠNG MẠI VÀ DỊCH VỤ SAO MAI"]),
        ("sign-rejected-final-vi", ["CHỈ CÒN MỘT LẦN THỬ"]),
        ("sign-final-en", ["ONLY ONE TRY LEFT"]),
        ("sign-unplugged-vi", ["USB token đã bị rút ra. Hãy cắm lại để tiếp tục."]),
        ("sign-not-ascii-vi", ["tắt bộ gõ tiếng Việt"]),
        ("sign-warning-vi", ["Không kiểm tra được chứng thư số có bị thu hồi hay không"]),
        ("sign-pin-pad-vi", ["Bấm Ký, rồi nhập mã PIN trên bàn phím của đầu đọc thẻ."]),
        ("sign-hostile-vi", ["evil.example:65535"]),
        ("site-hostile-vi", ["evil.example:65535"]),
        ("site-punycode-vi", ["https://xn--bhxh-vna.example:8443", "giả một trang quen thuộc"]),
        ("site-http-vi", ["KHÔNG mã hóa"]),
        ("site-countdown-vi", ["Tự từ chối sau"]),
        ("select-vi", ["Mã số thuế trên chứng thư số là 0101234567-001, không phải 0101234567."]),
        ("select-empty-vi", ["Hãy cắm USB token"]),
        ("select-empty-vi", ["hãy mở OpenKySo, chọn Chứng thư số, Thêm mới, HSM"]),
        ("select-services-vi", ["SAO MAI CA", "Sao Mai Remote Signing, kyso.saomai.vn:9444"]),
        ("service-vi", ["Dịch vụ ký số từ xa", "Sao Mai Remote Signing, kyso.saomai.vn:9444"]),
        ("service-vi", ["saomai-ketoan", "&Mã PIN của chứng thư số HSM (hoặc mật khẩu ký)"]),
        ("service-vi", ["Sau khi bấm Ký, dịch vụ sẽ gửi mã OTP cho bạn"]),
        ("service-phone-vi", ["Sau khi bấm Ký, hãy xác nhận trên điện thoại"]),
        ("service-nothing-vi", ["bấm Ký là ký ngay"]),
        ("service-working-vi", ["Đang chờ dịch vụ ký số trả lời…"]),
        ("service-pin-rejected-vi", ["Dịch vụ báo mã PIN (hoặc mật khẩu ký) không đúng."]),
        ("otp-vi", ["Sao Mai Remote Signing vừa gửi mã OTP cho bạn.", "“Ma OTP SMS”"]),
        ("otp-generated-vi", ["ứng dụng hoặc thiết bị tạo mã của Sao Mai Remote Signing"]),
        ("otp-rejected-vi", ["Mã OTP không đúng hoặc đã hết hạn."]),
        ("otp-not-ascii-vi", ["Mã OTP không có chữ có dấu."]),
        ("phone-vi", ["Mở ứng dụng Sao Mai Remote Signing trên điện thoại", "05:00"]),
        ("phone-over-vi", ["00:00", "Đã hết thời gian xác nhận."]),
        ("phone-done-vi", ["Đang kiểm tra lại chữ ký vừa tạo…"]),
        ("select-none-usable-vi", ["Không có chứng thư nào trong danh sách dùng được."]),
        ("batch-vi", ["Ký 100 tài liệu này?", "Ký cả 100 tài liệu, ", "Hồ sơ BHXH", "18,0 KB"]),
        ("batch-vi", ["https://ketoan.example.vn", "Lý do trang đưa ra: “Hóa đơn và hồ sơ"]),
        ("batch-vi", ["SAO MAI CA G2", "Chỉ nhập một lần cho tất cả."]),
        ("batch-huge-vi", ["Ký 10.000 tài liệu này?", "Hóa đơn 1C26TSM số 0000001.xml"]),
        ("batch-again-vi", ["Ký tiếp 588 tài liệu còn lại?", "Những tài liệu đã ký rồi"]),
        ("batch-excluded-vi", ["Ký 97 trong 100 tài liệu, ", "Tờ khai thuế. "]),
        ("batch-none-vi", ["Chưa chọn tài liệu nào để ký."]),
        ("batch-search-vi", ["Hợp đồng lao động – Nguyễn Văn 2.pdf"]),
        ("batch-search-vain-vi", ["Không có tài liệu nào như vậy."]),
        ("batch-warned-vi", ["3 tài liệu có cảnh báo.", "Đã sửa sau khi ký"]),
        ("batch-look-waiting-vi", ["Đang đọc tài liệu…", "3 trong 100"]),
        ("batch-look-vi", ["Tên đơn vị: CÔNG TY TNHH THƯƠNG MẠI SAO MAI", "Hồ sơ BHXH · "]),
        ("batch-look-vi", ["0000000000000000 0000000000000000 0000000000000000 0000000000000003"]),
        ("batch-look-warned-vi", ["Tệp PDF này đã bị sửa sau chữ ký trước đó."]),
        ("batch-look-failed-vi", ["Không xem trước được tài liệu này. Tệp PDF đang được bảo vệ"]),
        ("batch-hostile-vi", ["evil.example:65535"]),
        ("batch-working-vi", ["Đã xong 412 trong 1.000 tài liệu", "tài liệu nào đã ký thì vẫn"]),
        ("batch-stopped-vi", ["Đang dừng lại. Tài liệu nào đã ký thì vẫn được giữ."]),
        ("batch-phone-vi", ["xác nhận yêu cầu ký:", "97 tài liệu", "hiện yêu cầu khác"]),
        ("sign-digest-vi", ["Ký mà không thấy nội dung?", "Bạn sẽ không thấy nội dung được ký."]),
        ("sign-changed-vi", ["Tệp PDF này đã bị sửa sau chữ ký trước đó.", "tệp PDF, 17,9 KB"]),
        ("digests-vi", ["Bạn sẽ không thấy nội dung được ký. Chỉ đồng ý nếu tin trang này."]),
        ("digests-vi", ["trang được ký tối đa 500 lần trong 10 phút mà không hỏi lại."]),
        ("digests-native-vi", ["Chỉ đồng ý nếu tin chương trình này.", "1 lần trong 90 giây."]),
        ("site-digests-vi", ["Trang này còn xin được ký những nội dung mà OpenKySo không hiển"]),
        ("site-digests-native-en", ["This program also asks to have content signed"]),
    ],
)
def test_what_it_says(audit, scene, words):
    shown = "\n".join(audit[scene]["words"])

    for word in words:
        assert word in shown


@pytest.mark.parametrize("scene", ["sign-pin-pad-vi", "service-phone-vi", "service-nothing-vi"])
def test_where_no_pin_is_typed_there_is_no_box(audit, scene):
    assert not any("PIN" in name for name in audit[scene]["focusable"])


@pytest.mark.parametrize("scene", [scene for scene in EVERY if scene.startswith("otp-rejected")])
def test_a_rejected_password_leaves_an_empty_field(audit, scene):
    assert audit[scene]["typed"] == []


@pytest.mark.parametrize("scene", ["otp", "otp-rejected"])
def test_the_password_can_be_typed_at_once(audit, scene):
    assert audit[f"{scene}-vi"]["focused"] == "Mã OTP"


def test_the_phone_makes_room_for_what_follows(audit):
    assert "Hãy xác nhận trên điện thoại" in audit["phone-vi"]["words"]
    assert "Hãy xác nhận trên điện thoại" not in audit["phone-done-vi"]["words"]
