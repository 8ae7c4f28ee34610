/**
 * `/usr/lib/bridge/ctl`: the machine's end of the control channel, and what the unit of the workload runs. Python, because
 * every image with cloud-init has it and JSON must be read.
 *
 * From outside: `start`, `status`, `stop`. From systemd and cloud-init: `arm` (the deadline timer), `run` (the workload),
 * `ended` (after it). The directory `started` is renamed into place with the request in it, so that one start wins,
 * whole, and survives reboots; `started/ran` is made before the workload runs, so that a reboot does not run it again.
 *
 * Nothing from outside is answered before cloud-init has called `arm`, its last command: until then it may still restart the SSH
 * server (its module set-passwords does), and a requester who was just told "ready" would be reset.
 */
export const ctlScript = String.raw`#!/usr/bin/python3
import base64, errno, hashlib, hmac, json, os, pwd, shutil, signal, subprocess, sys, tempfile, time

ROOT = ""
MACHINE = ROOT + "/etc/bridge/machine.json"
STATE = ROOT + "/var/lib/bridge"
BOOTED = STATE + "/booted"
STARTED = STATE + "/started"
EXIT = STATE + "/exit.json"
CONSOLE = ROOT + "/dev/console"
LIMIT = 1 << 20
PAUSE = 10


def refuse(why, code=2):
    print("refused: " + why, file=sys.stderr)
    sys.exit(code)


def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def sync(folder):
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def write(path, text):
    handle, temporary = tempfile.mkstemp(dir=os.path.dirname(path))
    with os.fdopen(handle, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.rename(temporary, path)
    sync(os.path.dirname(path))


def systemctl(*words, check=True):
    subprocess.run(["systemctl", *words], check=check, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def request():
    return read(STARTED + "/request.json")


def has_workload(asked):
    return bool(asked.get("imageReference") or asked.get("command"))


def status():
    asked, left = request(), read(EXIT)
    answer = {"version": 1, "state": "waiting", "user": read(MACHINE)["user"]}
    if asked is not None:
        answer.update(state="running", startedAtMs=asked["startedAtMs"])
    if left is not None:
        answer["state"] = "exited"
        if left["code"] is not None:
            answer["exitCode"] = left["code"]
    print(json.dumps(answer))


def arm():
    systemctl("enable", "--now", "bridge-deadline.timer")
    if time.time() * 1000 >= read(MACHINE)["powerOffAtMs"]:
        systemctl("poweroff")
    os.makedirs(STATE, mode=0o700, exist_ok=True)
    os.makedirs(BOOTED, exist_ok=True)


def authorize(account, line):
    folder = ROOT + account.pw_dir + "/.ssh"
    os.makedirs(folder, mode=0o700, exist_ok=True)
    write(folder + "/authorized_keys", line + "\n")
    for path in (folder, folder + "/authorized_keys"):
        os.chown(path, account.pw_uid, account.pw_gid)


def start():
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    machine, text = read(MACHINE), sys.stdin.read(LIMIT + 1)
    if len(text) > LIMIT:
        refuse("the request is too large")
    asked = json.loads(text)
    if asked["version"] != 1 or asked["requestKey"] != machine["requestKey"] or asked["attempt"] != machine["attempt"]:
        refuse("the request is not for this machine")
    if "\n" in asked["sshPublicKey"]:
        refuse("the key has more than one line")
    if request() is not None:
        refuse("already started", 3)
    made = tempfile.mkdtemp(dir=STATE)
    login = asked.pop("pullCredentials", None)
    if login and asked.get("imageReference"):
        pair = base64.b64encode((login["username"] + ":" + login["password"]).encode()).decode()
        write(made + "/auth.json", json.dumps({"auths": {asked["imageReference"].split("/")[0]: {"auth": pair}}}))
    asked["startedAtMs"] = int(time.time() * 1000)
    write(made + "/request.json", json.dumps(asked))
    authorize(pwd.getpwnam(machine["user"]), asked["sshPublicKey"])
    arm()
    if has_workload(asked):
        systemctl("enable", "workload.service")
    try:
        os.rename(made, STARTED)
    except OSError as error:
        shutil.rmtree(made)
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
            refuse("already started", 3)
        raise
    sync(STATE)
    if has_workload(asked):
        systemctl("start", "--no-block", "workload.service")
    status()


def stop():
    asked = request()
    if asked is None:
        refuse("not started", 3)
    if has_workload(asked):
        systemctl("stop", "--no-block", "workload.service")
    else:
        report(None)
    status()


def install_podman():
    for words in (["apt-get", "update"], ["apt-get", "install", "-y", "podman"]) if shutil.which("apt-get") else (["dnf", "install", "-y", "podman"],):
        # In its first minutes a machine updates itself, which locks the packages.
        for again in range(30, -1, -1):
            if subprocess.run(words, check=again == 0, stdin=subprocess.DEVNULL, env=dict(os.environ, DEBIAN_FRONTEND="noninteractive")).returncode == 0:
                break
            time.sleep(PAUSE)


def pull(image):
    auth = STARTED + "/auth.json"
    try:
        if shutil.which("podman") is None:
            install_podman()
        subprocess.run(["podman", "pull", "--quiet"] + (["--authfile", auth] if os.path.exists(auth) else []) + [image], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print("the image could not be pulled: %s" % error, file=sys.stderr)
        sys.exit(125)
    finally:
        if os.path.exists(auth):
            os.unlink(auth)


def run():
    if read(EXIT) is not None:
        return say()
    try:
        os.mkdir(STARTED + "/ran")
    except FileExistsError:
        return report(None)
    sync(STARTED)
    asked = request()
    words, variables, image = asked.get("command", []), asked.get("environment", {}), asked.get("imageReference")
    surroundings = dict(os.environ)
    if image:
        pull(image)
        variables = ["--env=%s=%s" % pair for pair in variables.items()]
        words = ["podman", "run", "--rm", "--replace", "--name=workload", "--cgroups=split", "--network=host", *variables, image, *words]
    else:
        account = pwd.getpwnam(read(MACHINE)["user"])
        os.chdir(ROOT + account.pw_dir)
        if os.geteuid() != account.pw_uid:
            os.initgroups(account.pw_name, account.pw_gid)
            os.setgid(account.pw_gid)
            os.setuid(account.pw_uid)
        surroundings.update(HOME=account.pw_dir, USER=account.pw_name, LOGNAME=account.pw_name, **variables)
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvpe(words[0], words, surroundings)
    except OSError as error:
        print("the workload could not be run: %s" % error, file=sys.stderr)
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


def ended():
    how, what = os.environ.get("EXIT_CODE"), os.environ.get("EXIT_STATUS", "")
    if how == "exited":
        return report(int(what))
    report(128 + signal.Signals["SIG" + what] if "SIG" + what in signal.Signals.__members__ else None)


def meter(text):
    return int(text) if text.isdigit() and int(text) < 1 << 63 else None


def meters():
    names = ["CPUUsageNSec", "IPIngressBytes", "IPEgressBytes"]
    shown = subprocess.run(["systemctl", "show", "workload.service", "--property=" + ",".join(names)], capture_output=True, text=True).stdout
    found = dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)
    cpu, received, sent = [meter(found.get(name, "")) for name in names]
    peak = None
    try:
        with open("/proc/self/cgroup") as file:
            group = [line[3:].strip() for line in file if line.startswith("0::")][0]
        with open("/sys/fs/cgroup" + group.replace("/.control", "") + "/memory.peak") as file:
            peak = meter(file.read().strip())
    except (OSError, IndexError):
        pass
    return [None if cpu is None else cpu // 1000, peak, received, sent]


def report(code):
    asked = request()
    if asked is None:
        return
    if read(EXIT) is None:
        words = ["-" if word is None else str(word) for word in [code, *meters()]]
        text = " ".join(["BRIDGE-EXIT v1", asked["requestKey"], str(asked["attempt"]), *words])
        seal = hmac.new(base64.b64decode(asked["exitMac"]), text.encode(), hashlib.sha256).hexdigest()
        write(EXIT, json.dumps({"code": code, "line": text + " " + seal}))
    say()


def say():
    try:
        with open(CONSOLE, "w") as console:
            console.write("\n" + read(EXIT)["line"] + "\n")
    except OSError as error:
        print("no console: %s" % error, file=sys.stderr)
    subprocess.run(["systemd-run", "--quiet", "--collect", "--on-active=10s", "--timer-property=AccuracySec=1s", "systemctl", "poweroff"], check=False)


verbs = {"start": start, "status": status, "stop": stop, "arm": arm, "run": run, "ended": ended}
if len(sys.argv) != 2 or sys.argv[1] not in verbs:
    refuse("the verbs are start, status and stop")
if sys.argv[1] in ("start", "status", "stop") and not os.path.exists(BOOTED):
    refuse("cloud-init has not finished", 4)
verbs[sys.argv[1]]()
`;
