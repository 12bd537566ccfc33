"""Who can call what, and why, read from Terraform JSON before anything is deployed.

    configuration = read_terraform("cdktf.out")
    analysis = analyse(configuration)

`read_terraform` takes a `cdktf.out` directory, one `cdk.tf.json`, and `terraform show -json` of a
plan or of a state, whatever tool wrote them. `analyse` follows every reference symbolically and
answers, for each caller and each function app or slot, what it gets and which attribute decided.
What is managed elsewhere is `unknown`.
"""

from constructs_lib.access.analysis import analyse
from constructs_lib.access.records import (
    Accepted,
    Analysis,
    Answer,
    ApiRecord,
    Caller,
    FunctionAppRecord,
    GatewayRecord,
    Identity,
    RegistrationRecord,
    Verdict,
)
from constructs_lib.access.terraform.configuration import Configuration
from constructs_lib.access.terraform.reading import read_stacks, read_terraform

__all__ = [
    "Accepted",
    "Analysis",
    "Answer",
    "ApiRecord",
    "Caller",
    "Configuration",
    "FunctionAppRecord",
    "GatewayRecord",
    "Identity",
    "RegistrationRecord",
    "Verdict",
    "analyse",
    "read_stacks",
    "read_terraform",
]
