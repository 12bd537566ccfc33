"""The allowed types and their members, a module for each library of .NET that they come from."""
