"""Props: what a construct takes, read from its annotations, for Python and for files alike."""
