"""A browser for a module's tests, and for each test a page on a stage."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.support.chromium import chromium
from tests.webui.static.stage import Stage

SetTheStage = Callable[..., Stage]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def set_the_stage(browser: Browser) -> Iterator[SetTheStage]:
    """Stage(language=…), in a browser of its own; an error in the console fails the test."""
    with ExitStack() as stack:

        def new(*, language: str = "vi", **settings: Any) -> Stage:
            context = browser.new_context(
                locale="vi-VN",
                viewport={"width": 1024, "height": 700},
                reduced_motion="reduce",  # else colours are judged while they fade
                **settings,
            )
            stack.callback(context.close)
            context.set_default_timeout(10_000)
            stage = Stage(context.new_page(), language=language)
            stack.callback(stage.release)
            stages.append(stage)
            return stage

        stages: list[Stage] = []
        yield new
        mistakes = [mistake for stage in stages for mistake in stage.mistakes]
    assert mistakes == []


@pytest.fixture
def stage(set_the_stage: SetTheStage) -> Stage:
    return set_the_stage()
