"""The profiles by name, for those who only tell others of them: `registry` loads what they need."""

from typing import Final

PROFILE_NAMES: Final = ("bhxh-hoso",)
