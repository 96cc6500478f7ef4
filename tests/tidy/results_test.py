"""Tests of tests/support/results.py: every way a test can end is counted as what it is."""

import pathlib
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import results  # noqa: E402  (the path comes first)


def case(name: str, status: str, output: str = "") -> ElementTree.Element:
    element = ElementTree.Element("testcase", name=name, status=status)
    ElementTree.SubElement(element, "system-out").text = output
    return element


class ResultsTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def counted(self, *arguments: str) -> tuple[int, int, int]:
        count = results.count_case(case(*arguments), self.folder)
        self.assertEqual(count.failed > 0, bool(count.failures), "every failure has a name and only failures do")
        return count.passed, count.failed, count.skipped

    def test_a_last_line_is_the_count(self):
        self.assertEqual(self.counted("x", "run", "noise\n3 passed, 0 failed, 1 skipped\n\n"), (3, 0, 1))
        self.assertEqual(self.counted("x", "fail", "FAILED one: why\n3 passed, 2 failed\n"), (3, 2, 0))
        self.assertEqual(self.counted("x", "run", "3 passed, 2 failed\n"), (3, 2, 0))

    def test_a_script_without_a_count_is_one_case(self):
        self.assertEqual(self.counted("x", "run", "hello"), (1, 0, 0))
        self.assertEqual(self.counted("x", "fail", "hello"), (0, 1, 0))

    def test_unittest_output(self):
        self.assertEqual(self.counted("x", "run", "...\nRan 3 tests in 0.1s\n\nOK\n"), (3, 0, 0))
        failed = "Ran 5 tests in 0.1s\n\nFAILED (failures=1, errors=1, skipped=1)\n"
        self.assertEqual(self.counted("x", "fail", failed), (2, 2, 1))

    def test_gtest_report(self):
        (self.folder / "x.json").write_text("""{"testsuites": [{"name": "A", "testsuite": [
            {"name": "Good", "status": "RUN", "result": "COMPLETED"},
            {"name": "Left", "status": "RUN", "result": "SKIPPED"},
            {"name": "Off", "status": "NOTRUN", "result": "SUPPRESSED"},
            {"name": "Bad", "status": "RUN", "result": "COMPLETED", "failures": [{"failure": "no"}]}]}]}""")
        self.assertEqual(self.counted("x", "fail"), (1, 1, 2))

    def test_a_clean_report_of_a_process_that_failed_afterwards_is_a_failure(self):
        (self.folder / "x.json").write_text(
            '{"testsuites": [{"name": "A", "testsuite": [{"name": "Good", "result": "COMPLETED"}]}]}')
        self.assertEqual(self.counted("x", "fail", "LeakSanitizer: detected memory leaks"), (1, 1, 0))

    def test_a_crash_keeps_what_had_passed(self):
        self.assertEqual(self.counted("x", "fail", "[       OK ] A.B (0 ms)\n[ RUN      ] A.C\n"), (1, 1, 0))

    def test_a_count_without_failures_does_not_hide_a_failed_process(self):
        self.assertEqual(self.counted("x", "fail", "3 passed, 0 failed\n"), (3, 1, 0))

    def test_a_test_that_did_not_run_failed(self):
        self.assertEqual(self.counted("x", "notrun"), (0, 1, 0))

    def bench(self, output: str, code: int) -> tuple[int, int]:
        path = self.folder / "bench_x.out"
        path.write_text(output)
        path.with_suffix(".exit").write_text(f"{code}\n")
        count = results.count_bench(path)
        return count.passed, count.failed

    def test_figures(self):
        met = "figure a 1/2/3 per_s goal >= 2 met\n"
        missed = "figure b 1/2.5/3 us goal <= 1 missed\n"
        told = "figure c -1/2/3 per_s goal none\n"
        self.assertEqual(self.bench(met + missed + told, 0), (1, 1))
        self.assertEqual(self.bench(met, 0), (1, 0))
        self.assertEqual(self.bench(told, 0), (0, 0))
        self.assertEqual(self.bench("nothing\n", 0), (0, 1))

    def test_a_bench_that_ends_badly_failed_whatever_it_printed(self):
        self.assertEqual(self.bench("figure a 1/2/3 per_s goal >= 2 met\n", 3), (1, 1))
        self.assertEqual(self.bench("figure a 1/2/3 per_s goal >= 4 missed\n", 3), (0, 2))

    def test_a_figure_that_cannot_be_read_failed(self):
        self.assertEqual(self.bench("figure a 1/2/3 per_s goal >= 0\n", 0), (0, 1))
        self.assertEqual(self.bench("figure a 1/2 per_s goal none\n", 0), (0, 1))
        self.assertEqual(self.bench("figure a nan/nan/nan per_s goal >= 2 missed\n", 0), (0, 1))


if __name__ == "__main__":
    unittest.main()
