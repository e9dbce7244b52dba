//! How much memory this process may have: the machine's, or less where a control group says so.
//!
//! The binary asks once at start, to know how many processes it may start beside itself. Nothing is held to the answer here.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What the process may have in all, if the system says so.
#[must_use]
pub fn limit_bytes() -> Option<u64> {
    limit_below(Path::new("/"))
}

/// The same for a file system that begins at `root`.
fn limit_below(root: &Path) -> Option<u64> {
    let machine = fs::read_to_string(root.join("proc/meminfo")).ok().and_then(|text| total_bytes(&text));
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits =
        limit_files(&groups).into_iter().filter_map(|file| fs::read_to_string(root.join(file)).ok()?.trim().parse().ok());
    limits.chain(machine).min()
}

fn total_bytes(meminfo: &str) -> Option<u64> {
    let total = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    total.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kb| kb * 1024)
}

/// The files that may hold a limit: of the process's group and of each that it is in, of either version. A container sees its
/// own group at the root, whatever its name outside.
fn limit_files(groups: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(group)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let (mount, file) = match controllers {
            "" => ("sys/fs/cgroup", "memory.max"),
            named if named.split(',').any(|name| name == "memory") => ("sys/fs/cgroup/memory", "memory.limit_in_bytes"),
            _ => continue,
        };
        let within = Path::new(group.trim_start_matches('/'));
        files.extend(within.ancestors().map(|group| Path::new(mount).join(group).join(file)));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1 << 30;

    /// A file system with 16 GB and these files.
    fn limit(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        let machine = ("proc/meminfo", "MemTotal:       16777216 kB\nMemFree:         1048576 kB\n");
        for (path, text) in [machine].iter().chain(files) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        limit_below(root.path())
    }

    #[test]
    fn the_least_of_what_is_said_counts() {
        assert_eq!(limit(&[]), Some(16 * GB), "the machine's");
        let none = [("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "max\n")];
        assert_eq!(limit(&none), Some(16 * GB));
        let container = [("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "2147483648\n")];
        assert_eq!(limit(&container), Some(2 * GB));
        let service = [
            ("proc/self/cgroup", "0::/system.slice/punchline.service\n"),
            ("sys/fs/cgroup/system.slice/punchline.service/memory.max", "max\n"),
            ("sys/fs/cgroup/system.slice/memory.max", "4294967296\n"),
        ];
        assert_eq!(limit(&service), Some(4 * GB), "a group above binds too");
        let first_version = [
            ("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/docker/abc\n0::/\n"),
            ("sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n"),
        ];
        assert_eq!(limit(&first_version), Some(GB));
        assert_eq!(limit_below(Path::new("/no/such/root")), None);
    }
}
