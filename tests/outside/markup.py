"""A letter's HTML as a list of elements, for rules that need a walk and no browser."""

import dataclasses
import html.parser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclasses.dataclass(eq=False)
class Element:
    name: str
    attributes: dict
    parent: "Element | None"

    def above(self):
        """The elements around this one, nearest first."""
        while self := self.parent:
            yield self

    def everything(self, page):
        """The text in this element and all it holds."""
        return "".join(text for owner, text in page.texts if owner is self or self in owner.above())


class Page(html.parser.HTMLParser):
    """Elements in order, pieces of text with their owners, and comments."""

    def __init__(self, source):
        super().__init__()
        self.elements, self.texts, self.comments = [], [], []
        self.open = None
        self.feed(source)
        self.close()

    def handle_starttag(self, name, attributes):
        element = Element(name, dict(attributes), self.open)
        self.elements.append(element)
        if name not in VOID:
            self.open = element

    def handle_endtag(self, name):
        if name in VOID:
            return
        if self.open is None or self.open.name != name:
            raise ValueError(f"</{name}> closes {self.open and self.open.name}")
        self.open = self.open.parent

    def handle_data(self, data):
        if self.open is not None:
            self.texts.append((self.open, data))

    def handle_comment(self, data):
        self.comments.append(data)

    def all(self, *names):
        return [element for element in self.elements if element.name in names]
