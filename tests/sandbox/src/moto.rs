//! The moto server: most of AWS, from PyPI, at a pinned version, in a Python environment of its own under `target/`.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdin, Command},
};

use crate::Error;

/// Python packages, each pinned: moto, cargo-lambda and what they need.
const REQUIREMENTS: &str = include_str!("../../requirements.txt");

/// The same for what deploys: SAM, cfn-lint, and Zig, with which cargo-lambda builds for Lambda.
const DEPLOYMENT: &str = include_str!("../../requirements-deploy.txt");

/// A Python environment with the pinned packages.
#[derive(Clone, Debug)]
pub struct Python {
    folder: PathBuf,
}

impl Python {
    /// The environment of the sandbox below `target`, which is made or renewed first if it is not there or not current. `progress` is
    /// told when that is so, since it takes a while.
    ///
    /// # Errors
    /// Python 3 is not there, cannot make environments, or a package cannot be installed.
    pub fn set_up(target: &Path, progress: impl FnOnce(&str)) -> Result<Self, Error> {
        Self::with(target, "python", REQUIREMENTS, || {
            progress("installing moto and cargo-lambda into target/python (once)");
        })
    }

    /// The same with the programs that build and check what is deployed.
    ///
    /// # Errors
    /// As with [`set_up`](Self::set_up).
    pub fn set_up_deployment(target: &Path) -> Result<Self, Error> {
        Self::with(target, "python-deploy", DEPLOYMENT, || ())
    }

    fn with(target: &Path, name: &str, requirements: &str, begin: impl FnOnce()) -> Result<Self, Error> {
        let folder = target.join(name);
        let stamp = folder.join("installed");
        let is_current = || fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements);
        let python = Self { folder: folder.clone() };
        if is_current() {
            return Ok(python);
        }
        // Another process may be at it: wait for it, and look again.
        fs::create_dir_all(target)?;
        let lock = File::create(target.join(format!("{name}.lock")))?;
        lock.lock()?;
        if is_current() {
            return Ok(python);
        }
        begin();
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
        let list = target.join(format!("{name}-requirements.txt"));
        fs::write(&list, requirements)?;
        run(
            std::process::Command::new("python3").args(["-m", "venv"]).arg(&folder),
            "make a Python environment (on Debian and Ubuntu it needs the package python3-venv)",
        )?;
        // The list is complete, so nothing is installed that is not pinned.
        run(
            std::process::Command::new(python.program("python"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"])
                .arg(&list),
            "install Python packages",
        )?;
        fs::write(&stamp, requirements)?;
        Ok(python)
    }

    /// Folder of the environment's programs, for `PATH`.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.folder.join("bin")
    }

    /// Path of a program of the environment.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs().join(name)
    }
}

fn run(command: &mut std::process::Command, what: &str) -> Result<(), Error> {
    let failed = |reason: String| Error::Python(format!("could not {what}: {reason}"));
    let output = command.stdin(Stdio::null()).output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))))
}

/// The running server. It ends with the process that holds this, however that ends: it reads from a pipe that closes then.
#[derive(Debug)]
pub struct Moto {
    address: SocketAddr,
    _child: Child,
    _pipe: Option<ChildStdin>,
}

impl Moto {
    /// Starts the server on a free port of the loopback interface.
    ///
    /// # Errors
    /// It does not start, or does not say where it is within a minute.
    pub async fn start(python: &Python) -> Result<Self, Error> {
        // moto applies the policy of a bucket without its conditions, so one that denies what does not come over TLS denies everything.
        const SERVER: &str = "
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
FakeBucket.get_permission = lambda *_: PermissionResult.NEUTRAL
from moto.server import main
main(['-H', '127.0.0.1', '-p', '0'])
";
        let mut child = Command::new(python.program("python"))
            .args(["-c", SERVER])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let pipe = child.stdin.take();
        let mut lines = BufReader::new(child.stderr.take().ok_or(Error::Moto("it has no output".to_owned()))?).lines();
        let mut said = String::new();
        let found = async {
            while let Some(line) = lines.next_line().await? {
                if let Some((_, address)) = line.split_once("Running on http://") {
                    return Ok(address.trim().parse().ok());
                }
                said.push_str(&line);
                said.push('\n');
            }
            Ok::<_, Error>(None)
        };
        let address = tokio::time::timeout(Duration::from_mins(1), found).await;
        let Some(address) = address.map_err(|_| Error::Moto("it did not start within a minute".to_owned()))?? else {
            return Err(Error::Moto(said));
        };
        // It writes a line per request, which somebody has to read.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { address, _child: child, _pipe: pipe })
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}
