"""Where commands begin in a shell text, as the grammar (tree-sitter-bash) sees it. Pure."""

from __future__ import annotations

from typing import Final

from tree_sitter import Language, Parser
from tree_sitter_bash import language

from agents.shell_command import Opaque

_PARSER: Final = Parser(Language(language()))
_COMMANDS: Final = ("declaration_command", "test_command", "unset_command")
_INSIDE: Final = frozenset(
    """
    program list pipeline command command_name negated_command subshell compound_statement redirected_statement
    variable_assignment variable_assignments if_statement elif_clause else_clause while_statement for_statement do_group
    word number string string_content raw_string concatenation simple_expansion expansion command_substitution
    process_substitution variable_name special_variable_name file_redirect file_descriptor herestring_redirect
    heredoc_redirect heredoc_start heredoc_body heredoc_content heredoc_end comment declaration_command
    """.split()  # noqa: SIM905  as a list, one word a line
)


def starts(text: str) -> set[int]:
    """The bytes at which the grammar sees commands begin. Raises Opaque for a text that it does not know."""
    root = _PARSER.parse(text.encode()).root_node
    if root.has_error:
        raise Opaque("unknown")
    found: set[int] = set()
    nodes = [root]
    while nodes:
        node = nodes.pop()
        if node.type in _COMMANDS or node.type == "command_name":
            found.add(node.start_byte)
        if node.type == "test_command":
            continue  # its words are the lexer's matter
        if node.is_missing or (node.is_named and node.type not in _INSIDE):
            raise Opaque("unknown")
        nodes += node.children
    return found
