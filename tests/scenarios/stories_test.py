"""Plays the stories of people at work, each with the real programs; see story.py for how they are written."""

import pathlib
import unittest

from story import Broken, Teller
from town import Town

STORIES = sorted((pathlib.Path(__file__).parent / "stories").glob("*.md"))
town: Town


def setUpModule() -> None:
    global town
    town = Town()


def tearDownModule() -> None:
    town.close()


class Stories(unittest.TestCase):
    """One test a story, in the order of their names."""


def test_of(path: pathlib.Path):
    def test_story(self: unittest.TestCase) -> None:
        try:
            kept = Teller(town, path).play()
        except Broken as broken:
            self.fail(str(broken))
        self.assertGreater(kept, 0, "a story without a promise")

    return test_story


for story in STORIES:
    setattr(Stories, f"test_{story.stem}", test_of(story))


if __name__ == "__main__":
    unittest.main(verbosity=2)
