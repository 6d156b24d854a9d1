# SPDX-License-Identifier: Apache-2.0
"""What deploy/ gives to Kubernetes and to compose: valid there, and agreeing with the image and with the server."""

import re
import subprocess
from pathlib import Path

import kubernetes_validate
import pytest
import yaml
from serverprocess import PATIENCE, ROOT, binary, run_to_exit

DEPLOY = ROOT / "deploy"
MANIFESTS = sorted((DEPLOY / "kubernetes").glob("*.yaml"))
OBJECTS = [path for path in MANIFESTS if path.name != "kustomization.yaml"]


def load(path: Path) -> dict:
    return yaml.safe_load(path.read_text())


def exposed_port() -> int:
    return int(re.search(r"^EXPOSE (\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[1])


def container() -> dict:
    deployment = load(DEPLOY / "kubernetes" / "deployment.yaml")
    (only,) = deployment["spec"]["template"]["spec"]["containers"]
    return only


def seconds(duration: str) -> float:
    number, unit = re.fullmatch(r"(\d+)(ms|s|m|h)", duration).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60, "h": 3600}[unit]


@pytest.mark.parametrize("path", OBJECTS, ids=lambda path: path.stem)
def test_a_manifest_is_valid(path):
    kubernetes_validate.validate(load(path), "1.32", strict=True)


def test_the_kustomization_has_every_manifest():
    resources = load(DEPLOY / "kubernetes" / "kustomization.yaml")["resources"]
    assert sorted(resources) == [path.name for path in OBJECTS]


def test_all_select_the_same_pods():
    manifests = {path.stem: load(path) for path in OBJECTS}
    labels = manifests["deployment"]["spec"]["template"]["metadata"]["labels"]
    selectors = [
        manifests["deployment"]["spec"]["selector"]["matchLabels"],
        manifests["service"]["spec"]["selector"],
        manifests["disruption"]["spec"]["selector"]["matchLabels"],
        manifests["network"]["spec"]["podSelector"]["matchLabels"],
    ]
    assert all(selector == labels for selector in selectors)
    target = manifests["autoscaling"]["spec"]["scaleTargetRef"]["name"]
    assert target == manifests["deployment"]["metadata"]["name"]


def test_ports_are_the_image_s():
    (port,) = container()["ports"]
    assert port["containerPort"] == exposed_port()
    names = [load(DEPLOY / "kubernetes" / "service.yaml")["spec"]["ports"][0]["targetPort"]]
    names += [container()[probe]["httpGet"]["port"] for probe in ("livenessProbe", "readinessProbe")]
    assert set(names) == {port["name"]}


def test_probes_ask_for_what_there_is(server):
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        path = container()[probe]["httpGet"]["path"]
        answer = subprocess.run(
            ["curl", "-fsS", f"http://127.0.0.1:{server.port}{path}"], timeout=PATIENCE
        )
        assert answer.returncode == 0


def test_settings_are_the_server_s():
    env = {item["name"]: item["value"] for item in container()["env"]}
    assert run_to_exit(command="check", env=env).returncode == 0
    compose = load(DEPLOY / "compose.yaml")["services"]["swiftlet"]["environment"]
    assert run_to_exit(command="check", env=compose).returncode == 0
    known = subprocess.run(
        [binary(), "serve", "--help"], capture_output=True, text=True, timeout=PATIENCE
    ).stdout
    for name in env | compose:
        assert "--" + name.removeprefix("SWIFTLET_").lower().replace("_", "-") in known


def test_there_is_time_to_drain():
    pod = load(DEPLOY / "kubernetes" / "deployment.yaml")["spec"]["template"]["spec"]
    env = {item["name"]: item["value"] for item in container()["env"]}
    sleep = int(container()["lifecycle"]["preStop"]["exec"]["command"][1])
    assert sleep + seconds(env["SWIFTLET_DRAIN_TIMEOUT"]) < pod["terminationGracePeriodSeconds"]
    grace = load(DEPLOY / "compose.yaml")["services"]["swiftlet"]["stop_grace_period"]
    assert seconds(grace) > 10, "the default drain timeout"


@pytest.mark.parametrize("setting", ["SWIFTLET_PORT", "flag"])
def test_health_of_a_server(server, setting):
    """What the image's HEALTHCHECK runs."""
    given = {"SWIFTLET_PORT": str(server.port)} if setting == "SWIFTLET_PORT" else {}
    flags = [] if given else ["--port", str(server.port)]
    asked = run_to_exit(*flags, command="health", env=given)
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "", "")


def test_health_of_none(start_server):
    port = (process := start_server()).port
    process.stop()
    asked = run_to_exit("--port", str(port), command="health")
    assert asked.returncode == 1
    assert asked.stderr.startswith(f"swiftlet: no answer at http://127.0.0.1:{port}/healthz: ")
