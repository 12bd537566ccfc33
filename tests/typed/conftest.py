from tests.project.conftest import built, run_outside, wheel

__all__ = ["built", "run_outside", "wheel"]
