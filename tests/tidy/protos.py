"""The contract's style, read from descriptors: see docs/ and CONTRIBUTING.md for the rules in prose."""

import pathlib
import re
import subprocess
import tempfile
from collections.abc import Iterator

from google.protobuf import descriptor_pb2

from tree import Finding, Tree

POLICY_OPTION = 51001  # samverkan.options.v1.policy, an extension of MethodOptions.
# Field numbers of descriptor.proto, the steps of a SourceCodeInfo path.
FILE_MESSAGE, FILE_ENUM, FILE_SERVICE = 4, 5, 6
MESSAGE_FIELD, MESSAGE_NESTED, MESSAGE_ENUM = 2, 3, 4
SERVICE_METHOD = 2

File = descriptor_pb2.FileDescriptorProto
Path = tuple[int, ...]


def compile_protos(tree: Tree) -> list[File]:
    ours = [path for path in tree.with_suffix(".proto") if path.startswith("protos/samverkan/")]
    paths = [path.removeprefix("protos/") for path in ours]
    if not paths:
        return []
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "set")
        command = ["protoc", "-Iprotos", "--include_source_info", f"--descriptor_set_out={out}", *paths]
        subprocess.run(command, cwd=tree.root, check=True)
        return list(descriptor_pb2.FileDescriptorSet.FromString(out.read_bytes()).file)


class Source:
    """Where things stand in one file and what is said about them."""

    def __init__(self, file: File):
        self.path = f"protos/{file.name}"
        self._locations = {tuple(location.path): location for location in file.source_code_info.location}

    def finding(self, path: Path, message: str) -> Finding:
        location = self._locations.get(path)
        return Finding(self.path, location.span[0] + 1 if location else 0, message)

    def has_comment(self, path: Path) -> bool:
        location = self._locations.get(path)
        return bool(location and (location.leading_comments.strip() or location.trailing_comments.strip()))


def messages(file: File) -> Iterator[tuple[Path, str, descriptor_pb2.DescriptorProto]]:
    def walk(path, prefix, message):
        if message.options.map_entry:
            return
        yield path, f"{prefix}{message.name}", message
        for i, nested in enumerate(message.nested_type):
            yield from walk((*path, MESSAGE_NESTED, i), f"{prefix}{message.name}.", nested)

    for i, message in enumerate(file.message_type):
        yield from walk((FILE_MESSAGE, i), "", message)


def enums(file: File) -> Iterator[tuple[Path, descriptor_pb2.EnumDescriptorProto]]:
    for i, enum in enumerate(file.enum_type):
        yield (FILE_ENUM, i), enum
    for path, _, message in messages(file):
        for i, enum in enumerate(message.enum_type):
            yield (*path, MESSAGE_ENUM, i), enum


def methods(file: File) -> Iterator[
        tuple[Path, descriptor_pb2.ServiceDescriptorProto, descriptor_pb2.MethodDescriptorProto]]:
    for i, service in enumerate(file.service):
        for j, method in enumerate(service.method):
            yield (FILE_SERVICE, i, SERVICE_METHOD, j), service, method


def check_packages(tree: Tree) -> Iterator[Finding]:
    for file in compile_protos(tree):
        source, words = Source(file), file.package.split(".")
        if file.package != file.name.rsplit("/", 1)[0].replace("/", "."):
            yield source.finding((), f"package {file.package} does not equal its folder")
        if not re.fullmatch(r"v\d+((alpha|beta)\d+)?", words[-1]):
            yield source.finding((), "a package ends with its version, e.g. v1")
        expected = {
            "java_package": f"se.{file.package}",
            "csharp_namespace": ".".join(word[:1].upper() + word[1:] for word in words),
            "java_multiple_files": True,
        }
        for option, value in expected.items():
            if getattr(file.options, option) != value:
                text = str(value).lower() if value is True else f'"{value}"'
                yield source.finding((), f"option {option} = {text}; is missing or differs")


def check_services(tree: Tree) -> Iterator[Finding]:
    users: dict[str, str] = {}
    for file in compile_protos(tree):
        source = Source(file)
        for i, service in enumerate(file.service):
            if not service.name.endswith("Service"):
                yield source.finding((FILE_SERVICE, i), f"service {service.name} is named <Noun>Service")
        for path, service, method in methods(file):
            name = f"{service.name}.{method.name}"
            if method.input_type != f".{file.package}.{method.name}Request":
                yield source.finding(path, f"{name} takes {method.name}Request of its own package")
            if method.input_type in users:
                yield source.finding(path, f"{name} shares its request type with {users[method.input_type]}")
            users[method.input_type] = name
            if not _has_policy(method):
                yield source.finding(path, f"{name} has no option (samverkan.options.v1.policy); no policy, no start")


def _has_policy(method: descriptor_pb2.MethodDescriptorProto) -> bool:
    """Looks for the extension's tag in the options' bytes, where it stands among the unknown fields."""
    tag, value = (POLICY_OPTION << 3) | 2, bytearray()
    while tag > 0x7F:
        value.append((tag & 0x7F) | 0x80)
        tag >>= 7
    value.append(tag)
    return bytes(value) in method.options.SerializeToString()


def check_enums(tree: Tree) -> Iterator[Finding]:
    for file in compile_protos(tree):
        source = Source(file)
        for path, enum in enums(file):
            words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", enum.name)
            prefix = f"{words.upper()}_"
            if enum.value[0].number != 0 or enum.value[0].name != f"{prefix}UNSPECIFIED":
                yield source.finding(path, f"{enum.name}'s zero is {prefix}UNSPECIFIED")
            for value in enum.value:
                if not value.name.startswith(prefix):
                    yield source.finding(path, f"{value.name} of {enum.name} starts with {prefix}")


def check_comments(tree: Tree) -> Iterator[Finding]:
    for file in compile_protos(tree):
        source = Source(file)
        named = [((FILE_SERVICE, i), f"service {service.name}") for i, service in enumerate(file.service)]
        named += [(path, f"rpc {service.name}.{method.name}") for path, service, method in methods(file)]
        named += [(path, f"enum {enum.name}") for path, enum in enums(file)]
        for path, name, message in messages(file):
            named.append((path, f"message {name}"))
            fields = enumerate(message.field)
            named += [((*path, MESSAGE_FIELD, i), f"field {name}.{field.name}") for i, field in fields]
        for path, name in named:
            if not source.has_comment(path):
                yield source.finding(path, f"{name} has no comment: format, unit, bounds, default, failures")


CHECKS = (
    ("proto packages equal folders and name their languages", check_packages),
    ("every RPC has its own request and a policy", check_services),
    ("enum values carry their prefix", check_enums),
    ("the contract is commented", check_comments),
)
