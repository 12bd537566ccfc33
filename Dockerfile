# The command line `secured-functions`, which reads Terraform, policies and Functions projects:
#   docker build --tag secured-functions .
#   docker run --rm --volume "$PWD:/work:ro" secured-functions check .
# Constructs are not in it: a synth needs Node.js and the packages of the project that it is for.
FROM python:3.13-slim AS build
WORKDIR /source
COPY Pipfile.lock pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY constructs_lib ./constructs_lib
# The versions that the project is tested with, as far as the extras ask for them.
RUN python -c "import json; locked = json.load(open('Pipfile.lock'))['default']; \
    print(*(name + each['version'] for name, each in locked.items()), sep='\n')" > /constraints.txt \
 && python -m venv /opt/secured-functions \
 && /opt/secured-functions/bin/pip install --no-cache-dir --constraint /constraints.txt ".[cli,hcl]"

FROM python:3.13-slim
COPY --from=build /opt/secured-functions /opt/secured-functions
ENV PATH=/opt/secured-functions/bin:$PATH
# Nobody, as a number: Kubernetes cannot tell from a name that it is not root (runAsNonRoot).
USER 65534:65534
WORKDIR /work
ENTRYPOINT ["secured-functions"]
CMD ["--help"]
