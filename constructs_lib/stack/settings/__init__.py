"""Settings: the files in `environments/`, read into value objects of the constructs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from constructs_lib._core import lazy_names

# Reading needs PyYAML, of the extra [cli]; the value objects do not.
if TYPE_CHECKING:
    from constructs_lib.stack.settings.environment import Environment as Environment
    from constructs_lib.stack.settings.files import read_environment as read_environment
    from constructs_lib.stack.settings.files import read_environments as read_environments
    from constructs_lib.stack.settings.json_schema import json_schema as json_schema
else:
    __all__, __getattr__, __dir__ = lazy_names.serve(__name__)
