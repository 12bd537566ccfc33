"""What every room uses: errors, findings, files."""
