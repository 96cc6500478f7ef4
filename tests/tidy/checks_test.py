"""Proves that each rule of the tree can fail, on small trees made for it, and lets the right thing pass."""

import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import cpp  # noqa: E402  (the path comes first)
import layering  # noqa: E402
import limits  # noqa: E402
import lint  # noqa: E402
import protos  # noqa: E402
import texts  # noqa: E402
from tree import Tree  # noqa: E402

GOOD_PROTO = """syntax = "proto3";
package samverkan.things.v1;
import "samverkan/options/v1/options.proto";
option csharp_namespace = "Samverkan.Things.V1";
option java_multiple_files = true;
option java_package = "se.samverkan.things.v1";
// Things.
service ThingService {
  // Gets one.
  rpc GetThing(GetThingRequest) returns (Thing) {
    option (samverkan.options.v1.policy) = { permission: "things.read" };
  }
}
// What kind.
enum ThingKind {
  THING_KIND_UNSPECIFIED = 0;
  THING_KIND_ROUND = 1;
}
// A thing.
message Thing {
  // Its kind.
  ThingKind kind = 1;
}
// Asks for one.
message GetThingRequest {
  string name = 1;  // things/{thing}
}
"""
OPTIONS_PROTO = """syntax = "proto3";
package samverkan.options.v1;
import "google/protobuf/descriptor.proto";
option csharp_namespace = "Samverkan.Options.V1";
option java_multiple_files = true;
option java_package = "se.samverkan.options.v1";
// A row.
message MethodPolicy {
  // Which.
  string permission = 2;
}
extend google.protobuf.MethodOptions {
  MethodPolicy policy = 51001;
}
"""


class CheckTest(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = pathlib.Path(temporary.name)

    def tree(self, files: dict[str, str]) -> Tree:
        """A tree of these files alone."""
        root = pathlib.Path(tempfile.mkdtemp(dir=self.root))
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        return Tree(root)

    def found(self, check, files: dict[str, str]) -> list[str]:
        return [str(finding) for finding in check(self.tree(files))]

    def assert_finds(self, check, files: dict[str, str], *parts: str):
        found = "\n".join(self.found(check, files))
        for part in parts:
            self.assertIn(part, found)

    def assert_clean(self, check, files: dict[str, str]):
        self.assertEqual(self.found(check, files), [])


class LayeringTest(CheckTest):
    HEADERS = {f"services/{room}/{room}.h": "" for room in ("base", "rpc", "incidents", "audit", "gateway", "attic")}

    def include(self, path: str, target: str, check=layering.check_layering) -> list[str]:
        quoted = target if target.startswith("<") else f'"{target}"'
        return self.found(check, {**self.HEADERS, path: f"#include {quoted}\n", "tests/support/fake.h": "",
                                  "clients/cpp/client.h": ""})

    def test_downwards_is_fine_and_upwards_is_not(self):
        self.assertEqual(self.include("services/rpc/a.cc", "services/base/base.h"), [])
        self.assertIn("base lies below rpc", self.include("services/base/a.cc", "services/rpc/rpc.h")[0])

    def test_nouns_do_not_know_each_other(self):
        self.assertIn("never includes another noun",
                      self.include("services/incidents/a.cc", "services/audit/audit.h")[0])
        self.assertEqual(self.include("services/incidents/a.cc", "services/incidents/incidents.h"), [])

    def test_gateway_and_clients_know_protos_alone(self):
        self.assertTrue(self.include("services/gateway/a.cc", "services/base/base.h"))
        self.assertTrue(self.include("clients/cli/a.cc", "services/base/base.h"))
        self.assertEqual(self.include("clients/cli/a.cc", "clients/cpp/client.h"), [])
        self.assertEqual(self.include("clients/cli/a.cc", "samverkan/incidents/v1/incidents.pb.h"), [])

    def test_only_tests_include_tests(self):
        self.assertTrue(self.include("services/rpc/a.cc", "tests/support/fake.h"))
        self.assertEqual(self.include("services/rpc/a_test.cc", "tests/support/fake.h"), [])

    def test_a_room_without_a_place_and_a_header_that_is_not_there(self):
        self.assertIn("no room", self.include("services/hub/a.cc", "services/attic/attic.h")[0])
        self.assertIn("does not exist", self.include("services/hub/a.cc", "services/base/gone.h")[0])
        self.assertIn("path from the root", self.include("services/base/a.cc", "base.h")[0])

    def test_confined_libraries(self):
        confined = layering.check_confined_libraries
        self.assertTrue(self.include("services/incidents/incident_handlers.cc", "<grpcpp/grpcpp.h>", confined))
        self.assertTrue(self.include("services/incidents/a.h", "samverkan/incidents/v1/incidents.grpc.pb.h", confined))
        self.assertEqual(self.include("services/incidents/incident_service.h", "<grpcpp/grpcpp.h>", confined), [])
        self.assertTrue(self.include("services/storage/a.cc", "<sqlite3.h>", confined))
        self.assertEqual(self.include("services/storage/sqlite/a.cc", "<sqlite3.h>", confined), [])
        self.assertTrue(self.include("services/incidents/a.cc", "s2/s2polygon.h", confined))

    def test_folders(self):
        self.assert_finds(layering.check_folders, {"services/common/a.cc": "", "scripts/x": "", "notes.txt": ""},
                          "'common'", "scripts/x", "notes.txt")

    def test_dead_header(self):
        self.assert_finds(layering.check_headers_are_used, {"services/base/a.h": ""}, "no file includes")


class LimitsTest(CheckTest):
    def test_function_length_counts_bodies_not_braces_in_text(self):
        long_body = "\n".join(['  Call("}{", \'}\');  // }'] * 70)
        found = cpp.functions(f"namespace a {{\nint F(int x) {{\n{long_body}\n}}\nint G() {{ return 1; }}\n}}\n")
        self.assertEqual([(function.name, function.lines) for function in found], [("F", 72), ("G", 1)])

    def test_function_shapes(self):
        source = '''
class A final : public B<int> {
 public:
  explicit A(int x) : x_{x}, y_(x) {
    Use();
  }
  auto Get() const -> int { return x_; }
  bool operator==(const A& other) const {
    return R"x(}})x" == other.s && 1'000 == 1;
  }
};
template <typename T, typename = void>
void Each(T t) {
  for (;;) { [] { if (true) { } }(); }
}
struct Plain { int a = 1; std::function<void()> f = nullptr; };
constexpr int kTable[] = {1, 2};
TEST_F(Suite, Case) {
}
'''
        self.assertEqual([function.name for function in cpp.functions(source)],
                         ["A", "Get", "operator==", "Each", "Suite.Case"])
        self.assertEqual([function.lines for function in cpp.functions(source)][:1], [3])

    def test_lengths(self):
        body = "  Step();\n" * 70
        self.assert_finds(limits.check_function_length, {
            "services/base/a.cc": f"void Long() {{\n{body}}}\n",
            "tests/tidy/b.py": "def long():\n" + "    step()\n" * 71}, "Long has 72", "long has 72")
        self.assert_clean(limits.check_function_length, {"services/base/a.cc": f"void Long() {{\n{body[:-20]}}}\n"})
        self.assert_finds(limits.check_file_length, {"services/base/c.cc": "\n" * 501}, "501 lines")
        self.assert_finds(limits.check_line_length, {"services/base/d.cc": "x" * 121}, "121 columns")
        self.assert_finds(limits.check_whitespace, {"services/base/e.cc": "a \n\tb"}, "trailing", "tab", "newline")

    def banned(self, path: str, line: str) -> list[str]:
        return self.found(limits.check_banned_calls, {path: line + "\n"})

    def test_banned_calls(self):
        for path, line in (
                ("services/rpc/a.cc", "auto now = absl::Now();"), ("services/rpc/a.h", "void F(std::string_view);"),
                ("services/rpc/a.h", "absl::optional<int> x;"), ("services/rpc/a_test.cc", "absl::SleepFor(x);"),
                ("tests/fault/a_test.cc", "usleep(3);"), ("tests/fault/a_test.py", "time.sl" + "eep(1)"),
                ("services/rpc/a.cc", "Log(m.ShortDebugString());"), ("services/rpc/a.cc", "std::cout << 1;"),
                ("services/rpc/a.cc", 'printf("x");'), ("services/rpc/a.cc", "throw 1;"),
                ("services/rpc/a.h", "std::mutex m;"), ("services/rpc/a_test.cc", "TEST(A, DISABLED_B) {}")):
            with self.subTest(line):
                self.assertEqual(len(self.banned(path, line)), 1)

    def test_what_is_not_banned(self):
        for path, line in (
                ("services/base/clock.cc", "return absl::Now();"), ("services/rpc/a.cc", "// not absl::Now()"),
                ("services/rpc/a.cc", 'Text("throw printf(");'), ("services/base/log.cc", "std::fprintf(stderr);"),
                ("clients/cli/main.cc", "std::cout << 1;"), ("services/rpc/a.cc", "snprintf(b, n);")):
            with self.subTest(line):
                self.assertEqual(self.banned(path, line), [])

    def test_unfinished_and_silenced(self):
        self.assert_finds(limits.check_unfinished, {"docs/a.md": "TO" + "DO: write"}, "finish it")
        silenced = limits.check_silenced_findings
        for bare in ("// NOLINT", "// NOLINT(misc-x)", "// NOLINTNEXTLINE(misc-x)"):
            self.assert_finds(silenced, {"services/base/a.cc": bare}, "say why")
        self.assert_clean(silenced, {"services/base/a.cc": "// NOLINT(misc-x): the API wants it\n// NOLINTEND"})


class TextsTest(CheckTest):
    def test_links(self):
        self.assert_finds(texts.check_links, {"docs/a.md": "[x](gone.md) [y](#no) [z](b.md#no)", "docs/b.md": "# Yes"},
                          "gone.md", "docs/a.md has no heading #no", "docs/b.md has no heading #no")
        self.assert_clean(texts.check_links, {
            "docs/a.md": "# A title, here\n[x](b.md#yes-1) [y](#a-title-here) [z](../docs) [w](https://x.se/y)\n"
                         "```\n[n](n)\n```",
            "docs/b.md": "# Yes\n# Yes\n"})

    def test_tests_scripts_and_lock_files(self):
        self.assert_finds(texts.check_tests_test, {"services/base/a_test.cc": "// empty"}, "without a test")
        self.assert_finds(texts.check_scripts, {"tests/x": "#!/bin/bash\nif\n"}, "syntax error", "chmod +x")
        self.assert_finds(texts.check_lock_files, {"clients/package-lock.json": '{"resolved": "https://a.se/b.tgz"}'},
                          "download addresses")
        self.assert_clean(texts.check_lock_files, {"clients/package-lock.json": '{"integrity": "sha512-x"}'})

    def test_foreign_words(self):
        for word in ("/wo" + "rk/x", "/home/" + "me/x", "goal G" + "-1", "see DOM" + "AIN.md", "from py" + "pi.org"):
            with self.subTest(word):
                self.assertEqual(len(self.found(texts.check_foreign_words, {"docs/a.md": word})), 1)
        self.assert_clean(texts.check_foreign_words, {"docs/a.md": "docs/domain.md, R12, RS-256, ./work/it"})


class ProtosTest(CheckTest):
    def changed(self, check, old: str, new: str, expected: str):
        self.assertIn(old, GOOD_PROTO)
        self.assert_finds(check, self.files(GOOD_PROTO.replace(old, new)), expected)

    def files(self, text: str) -> dict[str, str]:
        return {"protos/samverkan/things/v1/things.proto": text,
                "protos/samverkan/options/v1/options.proto": OPTIONS_PROTO}

    def test_a_good_file_passes(self):
        for name, check in protos.CHECKS:
            with self.subTest(name):
                self.assert_clean(check, self.files(GOOD_PROTO))

    def test_packages(self):
        self.changed(protos.check_packages, "package samverkan.things.v1", "package samverkan.thing.v1", "not equal")
        self.changed(protos.check_packages, "se.samverkan", "com.samverkan", "java_package")

    def test_services(self):
        services = protos.check_services
        self.changed(services, 'option (samverkan.options.v1.policy) = { permission: "things.read" };', "", "no policy")
        self.changed(services, "GetThing(GetThingRequest)", "GetThing(Thing)", "takes GetThingRequest")
        self.changed(services, "service ThingService", "service Things", "<Noun>Service")

    def test_enums_and_comments(self):
        self.changed(protos.check_enums, "THING_KIND_ROUND", "ROUND", "starts with THING_KIND_")
        self.changed(protos.check_enums, "THING_KIND_UNSPECIFIED", "THING_KIND_NONE", "zero is")
        for comment, what in (("// Things.", "service ThingService"), ("// Gets one.", "rpc ThingService.GetThing"),
                              ("// Its kind.", "field Thing.kind"), ("  // things/{thing}", "GetThingRequest.name"),
                              ("// What kind.", "enum ThingKind"), ("// A thing.", "message Thing")):
            with self.subTest(what):
                self.changed(protos.check_comments, comment, "", what)


class LintTest(unittest.TestCase):
    def test_a_changed_header_is_linted_through_the_source_of_its_name(self):
        sources = ["services/base/a.cc", "services/base/b.cc"]
        changed = ["services/base/a.h", "services/base/b.cc", "README.md", "services/base/a.h"]
        self.assertEqual(lint.choose(changed, sources), ["services/base/b.cc", "services/base/a.cc"])


if __name__ == "__main__":
    unittest.main()
