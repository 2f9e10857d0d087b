# SPDX-License-Identifier: Apache-2.0
"""Where C source can be broken mechanically: comparisons, logic, arithmetic, signs, constants and
deleted statements. Works on tokens, so that strings, comments and the preprocessor stay as they are."""
import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<skip>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:[^\n\\]|\\.|\\\n)*)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+)[uUlL]*)
      | (?P<name>[A-Za-z_]\w*)
      | (?P<op><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|[-+*/%<>=!&|^~?:;,.(){}\[\]])""",
    re.X | re.M | re.S)
COMPARE = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="}
LOGIC = {"&&": "||", "||": "&&"}
ARITHMETIC = {"+": "-", "-": "+", "*": "/", "/": "*", "+=": "-=", "-=": "+=", "++": "--", "--": "++"}
# A `*` or `-` after one of these is a sign or a pointer, not arithmetic.
NO_OPERAND = set("( [ { , ; = == != < > <= >= && || ! + - * / % & | ^ ? : += -= return case".split())
TYPES = set("""static const struct enum union int char bool void unsigned long short signed typedef extern
    int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t size_t goto return if for while do
    switch case default else""".split())


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    at: int


@dataclass(frozen=True)
class Site:
    path: str
    line: int
    kind: str
    at: int
    old: str
    new: str
    function: str
    code: str  # the line it stands in
    nth: int   # of the same text in that line, from 1

    def name(self):
        """Survives shifted lines and other columns."""
        old = " ".join(self.old.split()) + (f" #{self.nth}" if self.nth > 1 else "")
        return f"{self.path.rsplit('/', 1)[-1]} | {self.function} | {self.code} | {old} -> {self.new or 'deleted'}"


def tokens(source):
    out, at = [], 0
    while at < len(source):
        m = TOKEN.match(source, at)
        if not m:
            raise ValueError(f"cannot read C at: {source[at:at + 40]!r}")
        if m.lastgroup != "skip":
            out.append(Token(m.lastgroup, m.group(), at))
        at = m.end()
    return out


def constant(text):
    digits = text.rstrip("uUlL")
    value = int(digits, 0)
    new = {0: "1", 1: "0"}.get(value, str(value * 2))
    return new + text[len(digits):] if value * 2 < 2**31 else None


def operators(toks):
    for before, tok in zip([Token("op", ";", 0), *toks], toks):
        if tok.kind == "number":
            new = constant(tok.text)
            if new:
                yield "constant", tok.at, tok.text, new
        elif tok.kind == "op" and tok.text in COMPARE:
            yield "comparison", tok.at, tok.text, COMPARE[tok.text]
        elif tok.kind == "op" and tok.text in LOGIC:
            yield "logic", tok.at, tok.text, LOGIC[tok.text]
        elif tok.kind == "op" and tok.text == "!":
            yield "logic", tok.at, "!", ""
        elif tok.kind == "op" and tok.text in ARITHMETIC:
            unary = before.text in NO_OPERAND
            if unary and tok.text == "-":
                yield "sign", tok.at, "-", ""
            elif not unary or tok.text in ("++", "--"):
                yield "arithmetic", tok.at, tok.text, ARITHMETIC[tok.text]


def pointer_stars(toks):
    """Positions of `*` that belong to a declaration: type before, name after, = ; , or ) behind it."""
    out = set()
    for a, b, c, d in zip(toks, toks[1:], toks[2:], toks[3:]):
        if b.text == "*" and a.kind == "name" and c.kind == "name" and d.text in ("=", ";", ",", ")", "["):
            if a.text in TYPES or a.text.startswith("control_") or c.text == "const":
                out.add(b.at)
        if b.text == "*" and a.kind == "name" and c.text == "const":
            out.add(b.at)
    for a, b, c in zip(toks, toks[1:], toks[2:]):
        if b.kind == "name" and a.text in ("struct", "enum") and c.text == "*":
            out.add(c.at)
    return out


def statements(toks):
    """Simple statements inside functions: assignments, calls, ++, break, continue and bare return."""
    depth = parens = 0
    start, begin = None, True
    for i, tok in enumerate(toks):
        if tok.text in ("(", "["):
            parens += 1
        elif tok.text in (")", "]"):
            parens -= 1
        if begin and depth > 0 and parens == 0 and tok.kind == "name":
            jump = tok.text in ("break", "continue") or (tok.text == "return" and toks[i + 1].text == ";")
            start = i if jump or (tok.text not in TYPES and toks[i + 1].kind != "name" and
                                  toks[i + 1].text != ":") else None
        if parens == 0 and tok.text == ";":
            if start is not None and depth > 0:
                words = [t.text for t in toks[start:i]]
                pointer = len(words) > 2 and words[1] == "*"
                acts = any(w in ("=", "(", "++", "--") or (w.endswith("=") and w not in COMPARE)
                           for w in words) or words[0] in ("break", "continue", "return")
                if acts and not pointer:
                    yield toks[start].at, tok.at
            start = None
        if tok.text == "{":
            depth += 1
        elif tok.text == "}":
            depth -= 1
        begin = tok.text in ("{", "}", ";", "else", ":") or (tok.text == ")" and parens == 0)


def functions(toks):
    """(position of its {, name) of every function; other braces at the outermost level count as "-"."""
    out, depth = [], 0
    for i, tok in enumerate(toks):
        if tok.text == "{":
            if depth == 0:
                name, back, parens = "-", i - 1, 0
                if toks[back].text == ")":
                    while back > 0:
                        parens += {")": 1, "(": -1}.get(toks[back].text, 0)
                        back -= 1
                        if parens == 0:
                            break
                    name = toks[back].text
                out.append((tok.at, name))
            depth += 1
        elif tok.text == "}":
            depth -= 1
    return out


def sites(path, source):
    toks = tokens(source)
    lines = source.split("\n")
    stars = pointer_stars(toks)

    begins = functions(toks)

    def site(kind, at, old, new):
        line = source.count("\n", 0, at)
        nth = source.count(old, source.rfind("\n", 0, at) + 1, at) + 1
        function = next((name for begin, name in reversed(begins) if begin <= at), "-")
        return Site(path, line + 1, kind, at, old, new, function, " ".join(lines[line].split()), nth)
    out = [site(kind, at, old, new) for kind, at, old, new in operators(toks) if at not in stars]
    out += [site("deleted", a, source[a:b], "") for a, b in statements(toks)]
    return sorted(out, key=lambda s: (s.at, s.kind, s.new))


def mutated(source, site):
    return source[:site.at] + site.new + source[site.at + len(site.old):]
