"""Every screen in every state: for screen readers, in the dark, on a phone."""

import pytest
from playwright.sync_api import Page

from tests.support.chromium import violations
from tests.webui.static import scenes_hsm, scenes_verify  # noqa: F401 - add their scenes
from tests.webui.static.conftest import SetTheStage
from tests.webui.static.scenes import SCENES

pytestmark = pytest.mark.browser

#: Long words and long names that nobody foresaw included, nothing may need scrolling sideways.
SIZES = [(1024, 700), (360, 740)]
_OVERFLOWING = """
() => [...document.querySelectorAll("html, dialog, .dialog-body, .card, .side, .note, .toast")]
  .filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.tagName}.${box.className} ${box.scrollWidth} > ${box.clientWidth}`)
"""
#: A button that cannot be reached cannot be pressed.
_OUTSIDE = """
() => [...document.querySelectorAll("dialog .dialog-foot button, dialog .dialog-head button")]
  .filter((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight;
  })
  .map((one) => one.textContent)
"""


def misfits(page: Page) -> list[str]:
    found: list[str] = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{width}: {line}" for line in page.evaluate(_OVERFLOWING)]
        found += [f"{width}: {text} is outside" for text in page.evaluate(_OUTSIDE)]
    return found


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("scene", SCENES)
def test_a_screen_is_accessible_and_fits_in_light_and_dark(
    set_the_stage: SetTheStage, scene: str, language: str
) -> None:
    stage = set_the_stage(language=language)
    SCENES[scene](stage)
    page = stage.page

    assert violations(page) == []
    if language == "vi":  # the colours are the same in English
        page.emulate_media(color_scheme="dark")
        assert violations(page, "color-contrast") == []
    assert misfits(page) == []
