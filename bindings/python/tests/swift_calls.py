"""What Swift sources call, out of their syntax trees, against what is declared.

There is no compiler here: types are not inferred. A call is looked up by its name and the labels of its arguments, in the type of its receiver where the
text names that (`FieldLedger.…`, and the RECEIVERS), else in everything that is declared. Values and their types are not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import tree_sitter_swift
from tree_sitter import Language, Node, Parser

PARSER = Parser(Language(tree_sitter_swift.language()))

RECEIVERS = {
    "$0": ["FieldLedger"],
    "ledger": ["FieldLedger"],
    "conversation": ["SyncConversation", "EnrolConversation"],
    "field": ["Field"],
    "transport": ["Transport"],
}
"""What these names stand for wherever the sources call something of them: a habit that this check holds them to."""

SYSTEM = frozenset(
    """
    Any Array AsyncStream BGAppRefreshTaskRequest BGTaskScheduler Bool Bundle CChar CFArray CFData CFDictionary CFString CFTypeRef CLOCK_MONOTONIC_RAW CancellationError
    CocoaError Continuation Data Date DispatchQueue Error FileManager HTTPURLResponse Int Int64 NSLock NSObject ProcessInfo Result SecCertificate
    SecCertificateCreateWithData SecItemAdd SecItemCopyMatching SecRandomCopyBytes SecTrustEvaluateWithError SecTrustSetAnchorCertificates
    SecTrustSetAnchorCertificatesOnly Sendable String Task TimeInterval UInt16 UInt64 UInt8 URL URLAuthenticationChallenge URLCredential URLRequest
    URLSession URLSessionConfiguration URLSessionTask URLSessionTaskDelegate UUID Void XCTAssertEqual XCTAssertFalse XCTAssertGreaterThanOrEqual
    XCTAssertNotNil XCTFail XCTUnwrap XCTestCase clock_gettime_nsec_np print sysctlbyname withCheckedThrowingContinuation AuthChallengeDisposition
    append appendingPathComponent applicationSupportDirectory async baseAddress bufferingNewest bytes cancel cancelAuthenticationChallenge checkCancellation
    continuation count createDirectory default earliestBeginDate environment ephemeral expectedContentLength expirationHandler fileReadCorruptFile fileReadNoPermission
    fileWriteUnknown first httpBody httpMethod isEmpty lock main makeAsyncIterator makeStream map next onTermination performDefaultHandling
    processInfo protectionSpace register removeItem resume self serverTrust setTaskCompleted setValue shared split statusCode stream submit
    task temporaryDirectory timeIntervalSince1970 timeoutIntervalForRequest timeoutIntervalForResource unlock url useCredential userDomainMask
    userInitiated waitsForConnectivity withUnsafeMutableBytes yield finishTasksAndInvalidate value values defer throws uuidString
    """.split()
)
"""Names of Swift, Foundation, Security, BackgroundTasks and XCTest that the sources use; their labels are not looked at. (`defer` and `throws` are words of
the language that the grammar takes for a call and a type.)"""


@dataclass(frozen=True)
class Parameter:
    label: str
    """`_` for none."""
    is_optional: bool
    takes_closure: bool


Parameters = tuple[Parameter, ...]


@dataclass
class Declared:
    """What a type, or a whole module, declares by name."""

    calls: dict[str, list[Parameters]] = field(default_factory=dict)
    values: set[str] = field(default_factory=set)

    def add(self, name: str, parameters: Parameters) -> None:
        self.calls.setdefault(name, []).append(parameters)


@dataclass
class Module:
    """What is declared: types by name, and what belongs to none."""

    types: dict[str, Declared] = field(default_factory=dict)
    free: Declared = field(default_factory=Declared)
    protocols: set[str] = field(default_factory=set)

    def calls(self, name: str) -> list[Parameters]:
        return [found for one in [self.free, *self.types.values()] for found in one.calls.get(name, [])]

    def has(self, name: str) -> bool:
        return any(name in one.values or name in one.calls for one in [self.free, *self.types.values()])


def text(node: Node | None) -> str:
    return (node.text or b"").decode() if node is not None else ""


def of_type(node: Node, *types: str) -> list[Node]:
    return [child for child in node.children if child.type in types]


def under(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from under(child)


def parse(source: str) -> Node:
    # Two words that the grammar does not know yet; a compiler does.
    known = source.replace("@_documentation(visibility: private)", "").replace("{ () }", "{ Void() }")
    return PARSER.parse(known.encode()).root_node


def broken(node: Node) -> list[str]:
    """Where a text is not of the language."""
    if not node.has_error:
        return []
    if node.type == "ERROR" or node.is_missing:
        return [f"line {node.start_point.row + 1}: {text(node)[:80]}"]
    return [line for child in node.children for line in broken(child)]


def parameters_of(node: Node) -> Parameters:
    """The parameters of a function, an initializer or a case of an enumeration."""
    found: list[Parameter] = []
    if node.type == "enum_type_parameters":
        pieces: list[list[Node]] = [[]]
        for child in (one for one in node.children[1:-1] if "comment" not in one.type):
            pieces.append([]) if child.type == "," else pieces[-1].append(child)
        return tuple(Parameter(text(piece[0]) if piece[0].type == "simple_identifier" else "_", False, False) for piece in pieces if piece)
    for number, child in enumerate(node.children):
        if child.type == "parameter":
            after = node.children[number + 1 : number + 2]
            label = of_type(child, "simple_identifier")[0]
            found.append(Parameter(text(label), bool(after) and after[0].type == "=", "->" in text(child)))
    return tuple(found)


def declare(node: Node, module: Module, into: Declared, only_public: bool) -> None:
    """Collects what is declared under a node."""
    for child in node.children:
        modifiers = {text(one) for found in of_type(child, "modifiers") for one in found.children}
        if of_type(child, "extension"):
            continue
        if child.type in ("class_declaration", "protocol_declaration"):
            name = text(child.child_by_field_name("name")).split("<")[0]
            declared = module.types.setdefault(name, Declared())
            if child.type == "protocol_declaration":
                module.protocols.add(name)
            for body in of_type(child, "class_body", "enum_class_body", "protocol_body"):
                declare(body, module, declared, only_public)
            if of_type(child, "class", "actor"):
                # One that has no initializer of its own has the empty one.
                declared.calls.setdefault("init", [()])
        elif child.type == "protocol_function_declaration":
            into.add(text(of_type(child, "simple_identifier")[0]), parameters_of(child))
        elif child.type == "enum_entry":
            shapes = of_type(child, "enum_type_parameters")
            for name_node in of_type(child, "simple_identifier"):
                into.add(text(name_node), parameters_of(shapes[0])) if shapes else into.values.add(text(name_node))
        elif child.type == "typealias_declaration":
            module.types.setdefault(text(child.child_by_field_name("name")), Declared())
        elif only_public and not modifiers & {"public", "open"}:
            continue
        elif child.type == "function_declaration":
            into.add(text(of_type(child, "simple_identifier")[0]).strip("`"), parameters_of(child))
        elif child.type == "init_declaration":
            into.add("init", parameters_of(child))
        elif child.type == "property_declaration":
            into.values.update(text(pattern) for pattern in of_type(child, "pattern"))


def own_names(root: Node) -> set[str]:
    """Names of parameters and constants, which may be called if they hold a closure, and of generic types."""
    found: set[str] = set()
    for node in under(root):
        if node.type in ("parameter", "lambda_parameter"):
            found.update(text(one) for one in of_type(node, "simple_identifier")[-1:])
        elif node.type in ("pattern", "type_parameter"):
            found.update(text(one) for one in under(node) if one.type in ("simple_identifier", "type_identifier"))
    return found


@dataclass(frozen=True)
class Call:
    line: int
    receiver: str | None
    name: str
    labels: tuple[str, ...]
    """`_` for an argument without a label, `{}` for a closure behind the brackets that has none."""

    def fits(self, parameters: Parameters) -> bool:
        given = list(self.labels)
        for parameter in parameters:
            if given and (given[0] == parameter.label or (given[0] == "{}" and parameter.takes_closure)):
                given.pop(0)
            elif not parameter.is_optional:
                return False
        return not given

    def __str__(self) -> str:
        of = "" if self.receiver is None else f"{self.receiver}."
        return f"line {self.line}: {of}{self.name}({''.join(f'{label}:' for label in self.labels)})"


def bare(node: Node) -> Node:
    """The call within `try` and `await`, to which the grammar gives closures that stand behind."""
    while node.type in ("try_expression", "await_expression"):
        node = node.children[-1]
    return node


def labels_of(suffix: Node) -> list[str]:
    found: list[str] = []
    label = "{}"
    for child in suffix.children:
        if child.type == "value_arguments":
            for argument in of_type(child, "value_argument"):
                named = of_type(argument, "value_argument_label")
                found.append(text(named[0]) if named else "_")
        elif child.type == "simple_identifier":
            label = text(child)
        elif child.type == "lambda_literal":
            found.append(label)
            label = "{}"
    return found


def calls(root: Node) -> Iterator[Call]:
    """Every call, also of a case of an enumeration in a pattern of `catch`."""
    inner: set[int] = set()
    for node in under(root):
        line = node.start_point.row + 1
        if node.type == "constructor_expression":
            name = text(node.children[0]).split("<")[0]
            yield Call(line, None, name, tuple(labels_of(node.children[-1])))
        elif node.type == "call_expression" and node.id not in inner:
            labels = labels_of(node.children[-1])
            callee = node.children[0]
            within = bare(callee)
            if within.type == "call_expression" and callee.type != "call_expression":
                inner.add(within.id)
                labels = labels_of(within.children[-1]) + labels
                callee = within.children[0]
            if callee.type == "navigation_expression":
                name = text(callee.children[-1].children[-1])
                yield Call(line, text(bare(callee.children[0])), name, tuple(labels))
            elif callee.type == "prefix_expression":
                yield Call(line, "", text(callee.children[-1]), tuple(labels))
            elif callee.type == "simple_identifier":
                yield Call(line, None, text(callee), tuple(labels))
            elif callee.type not in ("lambda_literal", "array_literal"):
                raise AssertionError(f"line {line}: a call that this check cannot read: {text(node)[:80]}")


def wrong_call(call: Call, module: Module, own: set[str]) -> bool:
    last = (call.receiver or "").rstrip("?").split(".")[-1]
    if call.receiver is None and call.name in module.types:
        return not any(call.fits(one) for one in module.types[call.name].calls.get("init", []))
    if last in module.types or last in RECEIVERS:
        types = [module.types[name] for name in RECEIVERS.get(last, [last])]
        return not any(call.fits(one) for declared in types for one in declared.calls.get(call.name, []))
    declared = module.calls(call.name)
    if call.name in SYSTEM:
        # A name that both have, as `cancel`: it may be the system's.
        return False
    return not any(call.fits(one) for one in declared) and not (call.receiver is None and call.name in own)


def wrong_patterns(root: Node, module: Module) -> Iterator[str]:
    """Cases that `catch` takes apart, with another number of parts than they have."""
    for node in under(root):
        if node.type == "pattern" and of_type(node, "user_type") and of_type(node, "simple_identifier"):
            owner, case = text(of_type(node, "user_type")[0]), text(of_type(node, "simple_identifier")[0])
            parts = len(of_type(node, "pattern"))
            known = module.types[owner].calls.get(case, []) if owner in module.types else []
            if not any(len(shape) == parts for shape in known):
                yield f"line {node.start_point.row + 1}: {owner}.{case} with {parts} parts"


def wrong_names(root: Node, module: Module, own: set[str]) -> Iterator[str]:
    """Types and members that nothing declares."""
    attributes = {inner.id for node in under(root) if node.type == "attribute" for inner in under(node)}
    for node in under(root):
        if node.id in attributes:
            continue
        name, line = text(node), node.start_point.row + 1
        if node.type == "type_identifier" and name not in module.types and name not in SYSTEM and name not in own:
            yield f"line {line}: type {name}"
        elif node.type in ("navigation_suffix", "prefix_expression") and node.children[0].type == ".":
            member = text(node.children[-1])
            if not module.has(member) and member not in SYSTEM and not member.isdigit():
                yield f"line {line}: .{member}"


def lent(root: Node, generated: Module) -> Iterator[str]:
    """What a class lacks of a protocol that the generated module asks for."""
    for node in under(root):
        if node.type == "class_declaration":
            module = Module()
            declare(node.parent or node, module, module.free, False)
            name = text(node.child_by_field_name("name"))
            for kind in of_type(node, "inheritance_specifier"):
                if text(kind) in generated.protocols:
                    for wanted, shapes in generated.types[text(kind)].calls.items():
                        if module.types[name].calls.get(wanted) != shapes:
                            yield f"{name}: {text(kind)}.{wanted}"


def findings(root: Node, generated: Module, module: Module) -> list[str]:
    """Everything in a text that is not as it is declared."""
    own = own_names(root)
    wrong = [str(call) for call in calls(root) if wrong_call(call, module, own)]
    return [*wrong, *wrong_patterns(root, module), *wrong_names(root, module, own), *lent(root, generated)]
