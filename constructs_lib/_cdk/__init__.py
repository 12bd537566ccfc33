"""What every construct uses: checks of arguments, placement, order of the apply, azapi."""
