"""Looks at what operators install: it fits the public schemas, and says nothing that the program does not know.

usage: check.py ROOT DEPLOY…    ROOT is the repository; each DEPLOY a folder like `deploy/`. One line a fault: `DEPLOY<tab>file: what`.
"""
import json
import re
import sys
import tomllib
from importlib.resources import files
from pathlib import Path

import check_jsonschema
import jsonschema
import kubernetes_validate
import yaml

PORT = "8000"
KUBERNETES = "1.37"
# Services that write no file: a proxy, and a cache that keeps nothing.
NEED_NO_FILES = {"proxy", "valkey"}
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|_KEY|DATABASE_URL|REDIS_URL|MAIL_URL")


def is_told(key, value):
    """Whether a secret stands here for everybody; an address without a password is none."""
    if not SECRET.search(key) or value.startswith("/run/secrets/"):
        return False
    return "@" in value or not key.endswith("_URL")


class House:
    """What the program knows, read from its own files."""

    def __init__(self, root):
        self.settings = set(re.findall(r"^#([A-Z][A-Z0-9_]*)=", (root / ".env.example").read_text(), re.M))
        self.probes = set(re.findall(r'\.route\("(/[a-z]+)"', (root / "crates/coulisses/src/ops.rs").read_text()))
        headings = re.findall(r"^#+ (.*)$", (root / "docs/guide/operate.md").read_text(), re.M)
        self.anchors = {re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings}
        self.compose = json.loads((files(check_jsonschema) / "builtin_schemas/vendor/compose-spec.json").read_text())


class Folder:
    """One folder of deployment files and the faults found in it."""

    def __init__(self, path, house):
        self.path, self.house, self.faults = path, house, []

    def fault(self, file, what):
        self.faults.append(f"{file}: {what}")

    def must(self, file, holds, what):
        if not holds:
            self.fault(file, what)

    def text(self, file):
        return (self.path / file).read_text()

    def known(self, file, names, more=()):
        for name in sorted(set(names) - self.house.settings - set(more)):
            self.fault(file, f"{name} is no setting of the program")

    def look(self):
        for look in (self.parses, self.dockerfile, self.compose, self.kubernetes, self.render, self.fly, self.unit, self.prometheus, self.grafana):
            try:
                look()
            except Exception as error:  # a file that lacks what is looked for is a fault too, not an end
                self.fault(look.__name__, f"{type(error).__name__}: {error}")

    def parses(self):
        for file in sorted(self.path.rglob("*")):
            read = {".yaml": yaml.safe_load_all, ".yml": yaml.safe_load_all, ".toml": tomllib.loads, ".json": json.loads}.get(file.suffix)
            if read:
                list(read(file.read_text()))

    def dockerfile(self):
        file, text = "Dockerfile", self.text("Dockerfile")
        stages = re.split(r"^FROM ", text, flags=re.M)[1:]
        self.stages = {match.group(1): stage for stage in stages if (match := re.match(r"\S+ AS (\w+)", stage))}
        machine, last = self.stages["machine"], stages[-1]
        env = dict(pair.split("=", 1) for line in re.findall(r"^ENV (.*)$", machine, re.M) for pair in line.split())
        self.known(file, env)
        self.must(file, env.get("BIND") == f"0.0.0.0:{PORT}" and f"EXPOSE {PORT}" in machine, f"it listens on {PORT}, for everybody")
        self.must(file, machine.startswith("scratch") and last.startswith("machine"), "the image holds nothing but the binary")
        self.must(file, not re.search(r"^RUN|^SHELL", machine + last, re.M), "there is no shell to run anything")
        self.must(file, re.findall(r"^USER (.*)$", last, re.M) == ["65532:65532"], "it ends as nobody")
        self.must(file, f'VOLUME ["{env.get("DATA_DIR")}"]' in last, "the data lie on the volume")
        self.must(file, re.search(r'^HEALTHCHECK .* CMD \["/coulisses", "healthcheck"\]$', machine, re.M), "it says how it is")

    def compose(self):
        file = "compose.yaml"
        whole = yaml.safe_load(self.text(file))
        schema = self.house.compose
        for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(whole):
            self.fault(file, f"{'.'.join(map(str, error.absolute_path))}: {error.message[:120]}")
        services = whole["services"]
        alone = [name for name, service in services.items() if not service.get("profiles")]
        self.must(file, alone == ["app"], f"alone there is one service, not {alone}")
        for name, service in services.items():
            limits = service.get("deploy", {}).get("resources", {}).get("limits")
            self.must(file, limits == {"cpus": "1", "memory": "512M"}, f"{name} has no limits")
            hard = service.get("read_only") is True and service.get("cap_drop") == ["ALL"] and service.get("security_opt") == ["no-new-privileges:true"]
            self.must(file, hard, f"{name} may do more than its work")
            writes = service.get("tmpfs") or any(not volume.endswith(":ro") for volume in service.get("volumes", []))
            self.must(file, writes or name in NEED_NO_FILES, f"{name} can write nowhere: it has neither a volume nor a tmpfs")
            self.must(file, service.get("healthcheck", {}).get("test"), f"{name} does not say how it is")
            self.must(file, all(isinstance(on, dict) and on.get("condition") for on in dict(service.get("depends_on", {})).values()), f"{name} does not wait")
            self.must(file, all(port.startswith("127.0.0.1:") for port in service.get("ports", [])), f"{name} listens beyond this machine")
            env = service.get("environment", {})
            for key, value in env.items():
                self.must(file, not is_told(key, str(value)), f"{name} has {key} written down")
            if service.get("build"):
                self.known(file, env)
                self.must(file, (self.path / service["build"]["context"] / service["build"]["dockerfile"]).name == "Dockerfile", "nothing to build")
            for volume in service.get("volumes", []):
                source = volume.split(":")[0]
                there = (self.path / source).exists() if source.startswith(".") else source in whole["volumes"]
                self.must(file, there, f"{source} of {name} is not there")
            self.must(file, set(service.get("secrets", [])) <= set(whole["secrets"]), f"{name} has a secret that is not declared")
        self.must(file, services["replica"]["deploy"]["replicas"] == 2, "two replicas")
        images = {name: service.get("image", "") for name, service in services.items()}
        self.must(file, images["postgres"].startswith("postgres:17") and images["valkey"].startswith("valkey/valkey:8"), "Postgres 17 and Valkey 8")
        self.must(file, services["app"]["ports"] == [f"127.0.0.1:{PORT}:{PORT}"], f"the program listens on {PORT}")
        network = whole["networks"]["default"]["ipam"]["config"][0]["subnet"]
        self.must(file, services["replica"]["environment"]["TRUSTED_PROXIES"] == network, "the replicas trust another network than theirs")
        made = re.findall(r"^([A-Z_]+)=", self.text("make-secrets.sh"), re.M)
        self.known("make-secrets.sh", made)
        self.must("make-secrets.sh", {"SECRET_KEY", "DATABASE_URL", "METRICS_TOKEN"} <= set(made), "a secret of the replicas is not made")
        proxy = self.text("haproxy/compose.cfg")
        self.must("haproxy/compose.cfg", f"replica:{PORT}" in proxy and "GET /readyz" in proxy, "it asks replicas whether they are ready")

    def kubernetes(self):
        file = "k8s/coulisses.yaml"
        things = {thing["kind"]: thing for thing in yaml.safe_load_all(self.text(file))}
        for kind, thing in things.items():
            try:
                kubernetes_validate.validate(thing, KUBERNETES, strict=True)
            except kubernetes_validate.ValidationError as error:
                self.fault(file, f"{kind}: {'.'.join(map(str, error.path))}: {error.message[:120]}")
        spec = things["Deployment"]["spec"]
        pod = spec["template"]["spec"]
        box = pod["containers"][0]
        self.must(file, spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0, "a roll-out takes nobody away first")
        self.must(file, "initContainers" not in pod and "Job" not in things, "replicas migrate by themselves, under a lock")
        self.must(file, pod["terminationGracePeriodSeconds"] >= 45, "it needs its time to drain and to finish")
        self.must(file, pod["topologySpreadConstraints"], "replicas lie on several machines")
        safe, inner = pod["securityContext"], box["securityContext"]
        restricted = safe["runAsNonRoot"] and safe["seccompProfile"] == {"type": "RuntimeDefault"} and inner["capabilities"] == {"drop": ["ALL"]}
        restricted = restricted and inner["allowPrivilegeEscalation"] is False and inner["readOnlyRootFilesystem"] is True
        self.must(file, restricted, "the pod fits the restricted standard")
        names = [*things["ConfigMap"]["data"], *(entry["name"] for entry in box["env"])]
        self.known(file, names + re.findall(r"--from-literal=(\w+)=", self.text(file)))
        values = {entry["name"]: entry.get("value") for entry in box["env"]}
        self.must(file, values["BIND"] == f"0.0.0.0:{PORT}" and box["ports"][0]["containerPort"] == int(PORT), f"the program listens on {PORT}")
        self.must(file, any(mount["mountPath"] == values["DATA_DIR"] for mount in box["volumeMounts"]), "the data have a place")
        for probe, path in (("startupProbe", "/readyz"), ("readinessProbe", "/readyz"), ("livenessProbe", "/livez")):
            asked = box[probe]["httpGet"]
            self.must(file, asked == {"path": path, "port": "http"} and path in self.house.probes, f"{probe} asks {asked.get('path')}")
        labels = spec["template"]["metadata"]["labels"]
        chosen = [spec["selector"]["matchLabels"], things["Service"]["spec"]["selector"], things["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]]
        self.must(file, all(choice == labels for choice in chosen), "everybody means the same pods")
        scale = things["HorizontalPodAutoscaler"]["spec"]
        self.must(file, scale["minReplicas"] >= 2 and scale["metrics"][0]["resource"]["target"]["averageUtilization"] == 60, "two replicas, more from 60 %")

    def render(self):
        file = "render.yaml"
        service = yaml.safe_load(self.text(file))["services"][0]
        env = {entry["key"]: entry for entry in service["envVars"]}
        self.known(file, env, ["PORT"])
        self.must(file, env["PORT"]["value"] == PORT and env["BIND"]["value"] == f"0.0.0.0:{PORT}", f"the program listens on {PORT}")
        self.must(file, service["healthCheckPath"] in self.house.probes, "its health is asked where it is told")
        self.must(file, service["dockerfilePath"] == "./deploy/Dockerfile", "the image is ours")
        for key, entry in env.items():
            self.must(file, not SECRET.search(key) or "value" not in entry, f"{key} is written down")

    def fly(self):
        file = "fly.toml"
        app = tomllib.loads(self.text(file))
        env, http = app["env"], app["http_service"]
        self.known(file, env)
        self.must(file, not any(SECRET.search(key) for key in env), "a secret is written down")
        self.must(file, http["internal_port"] == int(PORT) and env["BIND"] == f"0.0.0.0:{PORT}", f"the program listens on {PORT}")
        self.must(file, http["auto_stop_machines"] == "off" and http["min_machines_running"] == 1, "the outbox must not sleep")
        self.must(file, [mount["destination"] for mount in app["mounts"]] == [env["DATA_DIR"]], "the data lie on the volume")
        self.must(file, all(check["path"] in self.house.probes for check in http["checks"]), "its health is asked where it is told")
        self.must(file, app["build"]["build-target"] in self.stages, "the image has no such stage")

    def unit(self):
        file, text = "systemd/coulisses.service", self.text("systemd/coulisses.service")
        env = [pair.split("=", 1)[0] for line in re.findall(r"^Environment=(.*)$", text, re.M) for pair in line.split()]
        self.known(file, env)
        run = self.text("systemd/coulisses-run")
        self.must("systemd/coulisses-run", "--description=" in run, "the journal keeps the command line")
        for line in re.findall(r"^((?:Environment|EnvironmentFile|DynamicUser|StateDirectory|StateDirectoryMode|UMask)=.*)$", text, re.M):
            self.must("systemd/coulisses-run", f"-p {line} " in run or f'-p "{line}" ' in run, f"the service has {line}, a command has not")

    def prometheus(self):
        jobs = yaml.safe_load(self.text("prometheus/prometheus.yml"))
        job = jobs["scrape_configs"][0]
        self.must("prometheus.yml", job["job_name"] == "coulisses" and job["dns_sd_configs"][0]["port"] == int(PORT), "the rules know one job, on our port")
        keeps = [word for word in yaml.safe_load(self.text("compose.yaml"))["services"]["prometheus"].get("command", []) if "retention.time=" in word]
        days = max([int(days) for days in re.findall(r"=(\d+)d$", " ".join(keeps))], default=15)
        looked = [int(days) for board in (self.path / "grafana/dashboards").glob("*.json") for days in re.findall(r"\[(\d+)d\]", board.read_text())]
        self.must("compose.yaml", days > max(looked), f"Prometheus keeps {days} days, a panel looks back over {max(looked)}")
        self.must("prometheus.yml", all((self.path / "prometheus" / rules).exists() for rules in jobs["rule_files"]), "its rules are not there")
        tests = self.text("prometheus/rules.test.yml") + self.text("prometheus/rules.days.test.yml")
        for group in yaml.safe_load(self.text("prometheus/rules.yml"))["groups"]:
            for rule in filter(lambda rule: "alert" in rule, group["rules"]):
                name, told = rule["alert"], rule.get("annotations", {})
                fires = re.findall(rf'alertname="{name}"\}}\)\', exp_samples: (\[[^]]*\])', tests)
                self.must("rules.test.yml", "[]" in fires and any(samples != "[]" for samples in fires), f"{name} is not held where it fires and where it does not")
                # One rule may lead to several paragraphs, by what it tells of.
                leads = re.sub(r"\{\{.*?\}\}", " ", told.get("runbook", "").removeprefix("docs/guide/operate.md#")).split() or [""]
                for anchor in leads:
                    self.must("rules.yml", anchor in self.house.anchors, f"{name} leads nowhere in operate.md: {anchor}")
                self.must("rules.yml", told.get("summary") and rule.get("labels", {}).get("severity") in ("page", "ticket"), f"{name} says too little")

    def grafana(self):
        source = yaml.safe_load(self.text("grafana/provisioning/datasources/prometheus.yml"))["datasources"][0]
        boards = [json.loads(file.read_text()) for file in sorted((self.path / "grafana/dashboards").glob("*.json"))]
        self.must("grafana", len({board["uid"] for board in boards}) == len(boards) >= 2, "every dashboard has an id of its own")
        for board in boards:
            panels = [panel for panel in board["panels"] if panel["type"] != "row"]
            self.must("grafana", len({panel["id"] for panel in board["panels"]}) == len(board["panels"]), f"{board['title']}: two panels have one id")
            for panel in panels:
                reads = panel["datasource"]["uid"] == source["uid"] and all(target["expr"] for target in panel["targets"]) and panel["targets"]
                self.must("grafana", reads, f"{board['title']}: {panel['title']} reads nothing")


def main():
    root, *folders = map(Path, sys.argv[1:])
    house = House(root)
    for path in folders:
        folder = Folder(path, house)
        folder.look()
        for fault in folder.faults:
            print(f"{path}\t{fault}")


main()
