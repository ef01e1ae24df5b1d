# Two stages: locked dependencies are built once, the image that runs has no compiler and no root.
FROM python:3.11-slim AS build
WORKDIR /src
COPY deploy/requirements/run.txt deploy/requirements/run.txt
RUN python -m venv /opt/spoofwatch && /opt/spoofwatch/bin/pip install --no-cache-dir --require-hashes -r deploy/requirements/run.txt
COPY pyproject.toml README.md LICENSE ./
COPY service service
RUN /opt/spoofwatch/bin/pip install --no-cache-dir --no-deps .

FROM python:3.11-slim
RUN useradd --uid 10001 --create-home --home-dir /var/lib/spoofwatch spoofwatch
COPY --from=build /opt/spoofwatch /opt/spoofwatch
COPY config /etc/spoofwatch
USER spoofwatch
WORKDIR /var/lib/spoofwatch
EXPOSE 8080
# SIGTERM stops it in order; a kill loses nothing.
STOPSIGNAL SIGTERM
ENTRYPOINT ["/opt/spoofwatch/bin/spoofwatch"]
CMD ["run", "--config", "/etc/spoofwatch"]
