"""Writes a synthesized stack as a Terraform module, for configurations in Terraform's own language.

It reads the stack's Terraform JSON only.
"""

from constructs_lib.export.module import Module, module_of
from constructs_lib.export.writing import write_module

__all__ = ["Module", "module_of", "write_module"]
