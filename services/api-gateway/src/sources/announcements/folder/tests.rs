use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn text(title: &str) -> String {
    format!("+++\nfrom = 2026-11-28T09:00:00Z\nseverity = 'info'\n+++\n# {title}\n")
}

fn titles(folder: &Folder) -> Vec<String> {
    let announced = folder.announced();
    let title = |it: &Announced| it.content.title.to_string();
    announced.iter().map(title).collect()
}

fn ids(folder: &Folder) -> Vec<String> {
    let announced = folder.announced();
    announced.iter().map(|it| it.id.to_string()).collect()
}

#[test]
fn files_that_are_no_announcements_are_skipped() {
    let directory = tempfile::tempdir().unwrap();
    let folder = Folder::new(directory.path().to_owned());
    folder.reread(None);
    assert!(titles(&folder).is_empty() && folder.rejected() == 0);
    for (name, text) in [
        ("a.md", text("a")),
        (".hidden.md", text("hidden")),
        ("example.md.sample", text("example")),
        ("b.md~", text("backup")),
    ] {
        fs::write(directory.path().join(name), text).unwrap();
    }
    fs::create_dir(directory.path().join("..data")).unwrap();
    folder.reread(None);
    assert_eq!(titles(&folder), ["a"]);
    assert_eq!(folder.rejected(), 0);
}

#[test]
fn a_file_that_is_not_valid_is_counted_and_does_not_hide_the_others() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    fs::write(path("a.md"), text("a")).unwrap();
    fs::write(path("b.md"), "no front matter").unwrap();
    fs::write(path("c.md"), b"+++\n\xff").unwrap();
    fs::write(path("d.md"), text(&"x\n".repeat(FILE_MAX_BYTES / 2))).unwrap();
    fs::create_dir(path("e.md")).unwrap();
    symlink("nowhere", path("f.md")).unwrap();
    fs::write(path("ö.md"), text("without an id")).unwrap();
    let folder = Folder::new(directory.path().to_owned());
    folder.reread(None);
    assert_eq!(titles(&folder), ["a"]);
    assert_eq!(folder.rejected(), 6);
    fs::write(path("b.md"), text("b")).unwrap();
    folder.reread(None);
    assert_eq!(titles(&folder), ["a", "b"]);
    assert_eq!(folder.rejected(), 5);
}

#[test]
fn the_largest_file_is_read() {
    let directory = tempfile::tempdir().unwrap();
    let mut largest = text("largest");
    largest.push_str(&" ".repeat(FILE_MAX_BYTES - largest.len()));
    fs::write(directory.path().join("a.md"), &largest).unwrap();
    fs::write(directory.path().join("b.md"), largest + " ").unwrap();
    let folder = Folder::new(directory.path().to_owned());
    folder.reread(None);
    assert_eq!(ids(&folder), ["a"]);
    assert_eq!(folder.rejected(), 1);
}

#[test]
fn a_swapped_symlink_is_followed() {
    let mount = tempfile::tempdir().unwrap();
    let path = |name: &str| mount.path().join(name);
    for (revision, title) in [("..1", "before"), ("..2", "after")] {
        fs::create_dir(path(revision)).unwrap();
        fs::write(path(revision).join("a.md"), text(title)).unwrap();
    }
    symlink("..1", path("..data")).unwrap();
    symlink("..data/a.md", path("a.md")).unwrap();
    let folder = Folder::new(mount.path().to_owned());
    folder.reread(None);
    assert_eq!(titles(&folder), ["before"]);
    symlink("..2", path("..data_tmp")).unwrap();
    fs::rename(path("..data_tmp"), path("..data")).unwrap();
    folder.reread(None);
    assert_eq!(titles(&folder), ["after"]);
    fs::remove_file(path("a.md")).unwrap();
    folder.reread(None);
    assert!(titles(&folder).is_empty());
}

#[test]
fn without_the_folder_the_old_announcements_stay() {
    let parent = tempfile::tempdir().unwrap();
    let path = parent.path().join("announcements");
    fs::create_dir(&path).unwrap();
    fs::write(path.join("a.md"), text("a")).unwrap();
    let folder = Folder::new(path.clone());
    folder.reread(None);
    fs::rename(&path, parent.path().join("elsewhere")).unwrap();
    folder.reread(None);
    assert_eq!(titles(&folder), ["a"]);
    assert_eq!(folder.rejected(), 1);
    fs::create_dir(&path).unwrap();
    folder.reread(None);
    assert!(titles(&folder).is_empty() && folder.rejected() == 0);
}

#[test]
fn the_files_whose_names_sort_last_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    for day in 0..ANNOUNCEMENTS_MAX + 2 {
        let name = format!("2026-{day:03}.md");
        fs::write(directory.path().join(name), text("a")).unwrap();
    }
    let folder = Folder::new(directory.path().to_owned());
    folder.reread(None);
    let ids = ids(&folder);
    assert_eq!(ids.len(), ANNOUNCEMENTS_MAX);
    assert_eq!(ids[0], "2026-002");
    assert_eq!(folder.rejected(), 2);
}

#[test]
fn ids_are_unique_and_need_no_escaping() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["a-b.md", "a b.md", "Größe 1.md"] {
        fs::write(directory.path().join(name), text(name)).unwrap();
    }
    let folder = Folder::new(directory.path().to_owned());
    folder.reread(None);
    assert_eq!(ids(&folder), ["gr--e-1", "a-b"]);
    assert_eq!(folder.rejected(), 1);
}

#[test]
fn unknown_targets_are_announced_and_found() {
    let file = "[[target]]\nname = 'shop'\nurl = 'http://shop/'";
    let known = TargetSet::parse_toml(file, &targets::Defaults::for_listing()).unwrap();
    let text = text("a").replace("severity", "targets = ['shop', 'blog']\nseverity");
    let announced = announcement("a.md", Ok(&text), &mut BTreeMap::new()).unwrap();
    let unknown: Vec<_> = unknown_targets(&announced, Some(&known)).collect();
    assert_eq!(unknown, ["blog"]);
    assert_eq!(unknown_targets(&announced, None).count(), 0);
}
