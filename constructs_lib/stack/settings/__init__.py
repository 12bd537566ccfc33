"""Settings: the files in `environments/`, read into value objects of the constructs."""

from constructs_lib.stack.settings.environment import Environment as Environment
from constructs_lib.stack.settings.files import read_environment as read_environment
from constructs_lib.stack.settings.files import read_environments as read_environments
from constructs_lib.stack.settings.json_schema import json_schema as json_schema
