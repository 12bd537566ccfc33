"""What every construct uses: checks of arguments, placement, order of the apply, azapi."""

from constructs_lib._lazy_bindings import engine

engine.refuse_two_engines()
