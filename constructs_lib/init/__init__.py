"""Writes a project that is ready to synthesize, or adds what an existing CDKTF project lacks.

`facts` finds out what it can, `project` turns answers into files, `additions` says what a project
that is there lacks, and `files` writes all of it or nothing.
"""
