//! Odd but valid repositories and settings, in one table: what git itself makes of each is computed by git, in the test, and
//! the program has to agree.
//!
//! Each row begins with a remote `remote` that has the resources `edge` and `beta`, both recorded with 1 and both 2 by now, and
//! a clone `clone` of it. All of it is bash, in the folder of the sandbox.

use crate::support::Sandbox;

/// A question that git and the program both can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ask {
    /// Which reference shows which branch of the remote.
    Shown,
    /// Which branches can be read, and what is recorded on each.
    Read,
    /// Whether there is a repository in which one may work.
    Works,
    /// Who a commit names, and when it was written.
    Person,
    /// In which repository a push ends.
    Pushed,
    /// The modes of what is written: a folder of objects, an object, a reference.
    Modes,
}

impl Ask {
    fn git(self) -> &'static str {
        match self {
            Ask::Shown => {
                "for b in beta edge; do
                    git rev-parse -q --verify refs/heads/$b >/dev/null || git update-ref refs/heads/$b HEAD
                    up=$(git -c branch.$b.remote=origin -c branch.$b.merge=refs/heads/$b \
                        rev-parse --symbolic-full-name $b@{upstream} 2>/dev/null) || continue
                    git rev-parse -q --verify $up >/dev/null && echo $b $up
                done"
            }
            Ask::Read => {
                "git for-each-ref --format='%(if)%(symref)%(then)%(else)%(refname)%(end)' ${prefix:-refs/remotes/origin} 2>/dev/null |
                while read -r ref; do
                    subject=$(git --no-replace-objects log -1 --format=%s $ref -- 2>/dev/null) || continue
                    name=${ref#${prefix:-refs/remotes/origin}/}
                    case $subject in *' ('*')') value=${subject##*(}; echo $name ${value%)};; esac
                done"
            }
            Ask::Works => "git rev-parse --git-dir >/dev/null 2>&1 && echo works || echo refused",
            Ask::Person => {
                "id=$(git commit-tree -m x 'HEAD^{tree}' 2>/dev/null) && git log -1 --date=raw --format=\"$people\" $id -- || echo refused"
            }
            Ask::Pushed => {
                "git push -q ${remote_name:-origin} +HEAD:refs/heads/probe >/dev/null 2>&1
                for r in $(ls -d $root/*/); do git -C $r rev-parse -q --verify refs/heads/probe >/dev/null 2>&1 && basename $r; done; true"
            }
            Ask::Modes => "cd $root/git.git && id=$(git commit-tree -m new -p edge edge^{tree}) && git update-ref refs/heads/edge $id && modes",
        }
    }

    fn ours(self) -> &'static str {
        match self {
            Ask::Shown => {
                "git-spread-cron poll --dry-run --format json 2>/dev/null | tr '{' '\\n' |
                sed -n 's/.*\"resource\":\"\\([^\"]*\\)\".*\"ref\":\"\\([^\"]*\\)\".*/\\1 \\2/p'"
            }
            Ask::Read => {
                "git-spread-cron status --format json 2>/dev/null | tr '{' '\\n' |
                sed -n 's/.*\"resource\":\"\\([^\"]*\\)\".*\"value\":\"\\([^\"]*\\)\".*/\\1 \\2/p'"
            }
            Ask::Works => "git-spread-cron status >/dev/null 2>&1; [ $? -le 1 ] && echo works || echo refused",
            Ask::Person => {
                "git-spread-cron poll edge >/dev/null 2>&1 && git -C $root/remote log -1 --date=raw --format=\"$people\" edge -- || echo refused"
            }
            Ask::Pushed => {
                "git-spread-cron poll edge >/dev/null 2>&1
                for r in $(ls -d $root/*/); do
                    git -C $r log -1 --format=%s refs/heads/edge -- 2>/dev/null | grep -qF 'Edge (2)' && basename $r
                done; true"
            }
            Ask::Modes => "cd $root/ours.git && git-spread-cron poll edge --local >/dev/null 2>&1; modes",
        }
    }
}

/// What the bash of all rows may use.
const PRELUDE: &str = r#"
root=$PWD people='%an <%ae> %ad|%cn <%ce> %cd'
# Other fetch refspecs, and only what they bring.
refspecs() {
    git config --unset-all remote.origin.fetch
    for refspec; do git config --add remote.origin.fetch "$refspec"; done
    git symbolic-ref -d refs/remotes/origin/HEAD
    git for-each-ref --format='delete %(refname)' refs/remotes | git update-ref --stdin
    git fetch -q --update-head-ok origin || true
}
tip() { git rev-parse --verify -q refs/remotes/origin/$1; }
loose() { for b in beta edge; do id=$(tip $b); mkdir -p .git/refs/remotes/origin; echo $id >.git/refs/remotes/origin/$b; done; }
foreign() { chown -R 60001 ${1:-$root/clone}; }
setting() { export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=$1 GIT_CONFIG_VALUE_0=$2; }
bare_copies() {
    for c in git ours; do
        git clone -q --bare remote $c.git && git -C $c.git remote remove origin
        git -C $c.git repack -adq && git -C $c.git prune-packed && find $c.git/objects -type d -empty -delete
        mkdir -p $c.git/objects/info $c.git/objects/pack; git -C $c.git config core.sharedRepository "$1"
    done
}
modes() { id=$(git rev-parse edge); stat -c %a objects/${id:0:2} objects/${id:0:2}/${id:2} refs/heads/edge; }
"#;

struct Row {
    name: &'static str,
    ask: Ask,
    /// Run once.
    setup: &'static str,
    /// Run before each question, in the clone.
    before: &'static str,
}

const fn row(ask: Ask, name: &'static str, setup: &'static str, before: &'static str) -> Row {
    Row { name, ask, setup, before }
}

const fn shown(name: &'static str, setup: &'static str) -> Row {
    row(Ask::Shown, name, setup, "")
}

const fn read(name: &'static str, setup: &'static str) -> Row {
    row(Ask::Read, name, setup, "")
}

const fn person(name: &'static str, before: &'static str) -> Row {
    row(Ask::Person, name, "", before)
}

const fn pushed(name: &'static str, setup: &'static str) -> Row {
    row(Ask::Pushed, name, setup, "")
}

const fn modes(name: &'static str, setup: &'static str, before: &'static str) -> Row {
    row(Ask::Modes, name, setup, before)
}

use Ask::{Read, Shown, Works};

const ROWS: &[Row] = &[
    // What fetch refspecs map where.
    shown("the usual refspec", "cd clone; refspecs '+refs/heads/*:refs/remotes/origin/*'"),
    shown("one without a plus", "cd clone; refspecs 'refs/heads/*:refs/remotes/origin/*'"),
    shown("some branches", "cd clone; refspecs '+refs/heads/e*:refs/remotes/origin/e*'"),
    shown("one branch", "cd clone; refspecs '+refs/heads/edge:refs/remotes/origin/edge'"),
    shown("one branch elsewhere", "cd clone; refspecs '+refs/heads/edge:refs/remotes/mine/core'"),
    shown(
        "two branches",
        "cd clone; refspecs '+refs/heads/edge:refs/remotes/origin/edge' '+refs/heads/beta:refs/remotes/origin/beta'",
    ),
    shown("all but one", "cd clone; refspecs '+refs/heads/*:refs/remotes/origin/*' '^refs/heads/beta'"),
    shown("all but some", "cd clone; refspecs '+refs/heads/*:refs/remotes/origin/*' '^refs/heads/b*'"),
    shown("outside of refs/remotes", "cd clone; refspecs '+refs/heads/*:refs/up/*'"),
    shown("a deeper folder", "cd clone; refspecs '+refs/heads/*:refs/remotes/origin/heads/*'"),
    shown("a part of a name, deeper", "cd clone; refspecs '+refs/heads/b*:refs/remotes/origin/x/b*'"),
    shown("an ending", "cd clone; refspecs '+refs/heads/*:refs/remotes/origin/*-up'"),
    shown("a mirror elsewhere", "cd clone; refspecs '+refs/*:refs/mirror/*'"),
    shown(
        "pull requests besides",
        "cd clone; refspecs '+refs/heads/*:refs/remotes/origin/*' '+refs/pull/*/head:refs/remotes/origin/pr/*'",
    ),
    row(Shown, "a mirror clone", "git clone -q --mirror remote m.git", "cd $root/m.git"),
    row(
        Shown,
        "a bare clone with refspecs",
        "git clone -q --bare remote b.git; cd b.git; refspecs '+refs/heads/*:refs/remotes/origin/*'",
        "cd $root/b.git",
    ),
    row(Shown, "a linked worktree", "git -C clone worktree add -q --detach $root/linked", "cd $root/linked"),
    row(
        Shown,
        "a remote of the user's own configuration",
        "git config --global remote.origin.url $root/remote; git config --global remote.origin.fetch '+refs/heads/*:refs/remotes/origin/*'; git init -q fresh; cd fresh; git commit -q --allow-empty -m i; git fetch -q",
        "cd $root/fresh",
    ),
    row(
        Shown,
        "includeIf",
        "cd clone; refspecs; git config includeIf.gitdir:clone/.path more; git config -f .git/more remote.origin.fetch '+refs/heads/*:refs/up/*'; git fetch -q",
        "",
    ),
    row(
        Shown,
        "a remote without a URL besides",
        "git -C clone config remote.other.prune true; git -C clone remote rename origin origin2 2>/dev/null; git -C clone remote rename origin2 origin",
        "",
    ),
    // Which references can be read.
    read("loose", "cd clone; loose"),
    read("packed", "cd clone; git pack-refs --all"),
    read(
        "packed, and newer ones loose",
        "cd clone; git pack-refs --all; git update-ref refs/remotes/origin/edge origin/edge~1 && git update-ref refs/remotes/origin/edge $(git commit-tree -p origin/edge -m 'Edge (9)' origin/edge^{tree})",
    ),
    read("bad content", "cd clone; loose; echo garbage >.git/refs/remotes/origin/bad"),
    read(
        "bad content of one that counts",
        "cd clone; git pack-refs --all; loose; echo garbage >.git/refs/remotes/origin/beta",
    ),
    read("an empty file", "cd clone; loose; : >.git/refs/remotes/origin/empty"),
    read("a short id", "cd clone; loose; echo 1234567 >.git/refs/remotes/origin/short"),
    read(
        "a missing object",
        "cd clone; loose; echo 1111111111111111111111111111111111111111 >.git/refs/remotes/origin/missing",
    ),
    read("a null id", "cd clone; loose; echo 0000000000000000000000000000000000000000 >.git/refs/remotes/origin/null"),
    read("a lock file", "cd clone; loose; : >.git/refs/remotes/origin/edge.lock"),
    read(
        "files of editors",
        "cd clone; loose; cd .git/refs/remotes/origin; echo x >edge~; echo x >'#edge#'; echo x >.edge.swp; echo x >'edge (copy)'",
    ),
    read(
        "a symbolic reference that leads nowhere",
        "cd clone; loose; echo 'ref: refs/remotes/origin/none' >.git/refs/remotes/origin/link",
    ),
    read("another name of a branch", "cd clone; git symbolic-ref refs/remotes/origin/link refs/remotes/origin/edge"),
    read(
        "a tag object",
        "cd clone; loose; git tag -a -m t t origin/beta; git rev-parse t >.git/refs/remotes/origin/tagged; git tag -d t >/dev/null; rm .git/refs/remotes/origin/tagged",
    ),
    read(
        "a file instead of a commit",
        "cd clone; loose; git rev-parse origin/edge:options >.git/refs/remotes/origin/blob",
    ),
    read("a symbolic link to nowhere", "cd clone; loose; ln -s loop .git/refs/remotes/origin/loop"),
    read("empty folders", "cd clone; loose; mkdir -p .git/refs/remotes/origin/a/b"),
    read(
        "an empty folder of the name of a packed branch",
        "cd clone; git pack-refs --all; mkdir -p .git/refs/remotes/origin/edge",
    ),
    read(
        "a line of packed-refs that is none",
        "cd clone; git pack-refs --all; sed -i '2s/^..../zzzz/' .git/packed-refs",
    ),
    read(
        "a line of packed-refs that is none, of a branch that counts",
        "cd clone; git pack-refs --all; sed -i 's#^....\\(.* refs/remotes/origin/beta\\)#zzzz\\1#' .git/packed-refs",
    ),
    read("packed-refs without a header", "cd clone; git pack-refs --all; sed -i 1d .git/packed-refs"),
    read(
        "packed-refs in another order",
        "cd clone; git pack-refs --all; grep '^[0-9a-f]' .git/packed-refs | sort -rk2 >p; cp p .git/packed-refs; rm p",
    ),
    read("a replacement reference", "cd clone; git replace origin/edge origin/beta"),
    read(
        "alternates",
        "cd clone; mkdir ../store; mv .git/objects/* ../store; mkdir -p .git/objects/info; echo ../../../store >.git/objects/info/alternates",
    ),
    read("a shallow clone", "rm -rf clone; git clone -q --no-single-branch --depth 1 file://$root/remote clone"),
    read(
        "a clone without blobs",
        "git -C remote config uploadpack.allowFilter true; rm -rf clone; git clone -q --filter=blob:none file://$root/remote clone",
    ),
    read("after git gc", "cd clone; git gc -q --prune=now"),
    read("a commit-graph", "cd clone; git commit-graph write --reachable --changed-paths 2>/dev/null"),
    read("a multi-pack index", "cd clone; git repack -adq; git multi-pack-index write --no-progress 2>/dev/null"),
    row(
        Read,
        "SHA-256",
        "rm -rf clone; git init -q --object-format=sha256 clone; cd clone; printf 'message=Edge\\npattern_extractor=\"echo 2\"\\n' >options; git add options; git commit -qm o; git commit -q --allow-empty -m 'Edge (1)'; git branch -m edge",
        "prefix=refs/heads",
    ),
    row(
        Read,
        "names that are odd",
        "cd clone; for n in ü/é a.b 'x@y' '+plus' 'CAP' '%41' \"it's\"; do git update-ref \"refs/remotes/origin/$n\" origin/edge; done",
        "",
    ),
    row(
        Read,
        "names that begin with another",
        "cd clone; for n in edge2 edge-x edge.x e; do git update-ref refs/remotes/origin/$n origin/edge; done",
        "",
    ),
    // Whether one may work in a repository.
    row(Works, "one's own", "", ""),
    row(Works, "another user's", "foreign", ""),
    row(Works, "another user's git folder", "foreign clone/.git", ""),
    row(Works, "another user's work tree", "chown 60001 clone", ""),
    row(Works, "another user's, and safe.directory=*", "foreign; git config --global safe.directory '*'", ""),
    row(Works, "safe.directory with its path", "foreign; git config --global safe.directory $root/clone", ""),
    row(
        Works,
        "safe.directory with a slash at the end",
        "foreign; git config --global safe.directory $root/clone/",
        "",
    ),
    row(
        Works,
        "safe.directory with /* of the folder above",
        "foreign; git config --global safe.directory \"$root/*\"",
        "",
    ),
    row(Works, "safe.directory with /* of itself", "foreign; git config --global safe.directory \"$root/clone/*\"", ""),
    row(Works, "safe.directory with the folder above", "foreign; git config --global safe.directory $root", ""),
    row(Works, "safe.directory with a dot", "foreign; git config --global safe.directory .", ""),
    row(
        Works,
        "safe.directory reset by an empty value",
        "foreign; git config --global safe.directory '*'; git config --global --add safe.directory ''",
        "",
    ),
    row(
        Works,
        "safe.directory after a reset",
        "foreign; git config --global safe.directory ''; git config --global --add safe.directory $root/clone",
        "",
    ),
    row(Works, "safe.directory of the repository itself", "git -C clone config safe.directory '*'; foreign", ""),
    row(Works, "safe.directory of the environment", "foreign", "setting safe.directory '*'"),
    row(
        Works,
        "safe.directory of the command line",
        "foreign",
        "export GIT_CONFIG_PARAMETERS=\"'safe.directory'='*'\"",
    ),
    row(
        Works,
        "safe.directory of the system",
        "foreign; git config -f system safe.directory '*'",
        "export GIT_CONFIG_NOSYSTEM=0 GIT_CONFIG_SYSTEM=$root/system",
    ),
    row(
        Works,
        "safe.directory of a system that is left out",
        "foreign; git config -f system safe.directory '*'",
        "export GIT_CONFIG_SYSTEM=$root/system",
    ),
    row(
        Works,
        "safe.directory of an included file",
        "foreign; git config -f inc safe.directory '*'; git config --global include.path $root/inc",
        "",
    ),
    row(
        Works,
        "safe.directory, from a subfolder",
        "mkdir clone/sub; foreign; git config --global safe.directory $root/clone",
        "cd sub",
    ),
    row(Works, "another user's, by GIT_DIR", "foreign", "export GIT_DIR=$root/clone/.git"),
    row(
        Works,
        "another user's linked worktree",
        "git -C clone worktree add -q --detach $root/linked; foreign; foreign $root/linked",
        "cd $root/linked",
    ),
    row(
        Works,
        "a linked worktree in safe.directory",
        "git -C clone worktree add -q --detach $root/linked; foreign; foreign $root/linked; git config --global safe.directory $root/linked",
        "cd $root/linked",
    ),
    row(Works, "a bare one", "", "cd $root/remote"),
    row(Works, "safe.bareRepository=explicit", "git config --global safe.bareRepository explicit", "cd $root/remote"),
    row(
        Works,
        "safe.bareRepository=explicit, by GIT_DIR",
        "git config --global safe.bareRepository explicit",
        "cd $root/remote; export GIT_DIR=.",
    ),
    row(
        Works,
        "safe.bareRepository=explicit of the environment",
        "",
        "cd $root/remote; setting safe.bareRepository explicit",
    ),
    row(
        Works,
        "safe.bareRepository=explicit of itself",
        "git -C remote config safe.bareRepository explicit",
        "cd $root/remote",
    ),
    row(
        Works,
        "safe.bareRepository=explicit in a git folder",
        "git config --global safe.bareRepository explicit",
        "cd .git",
    ),
    row(
        Works,
        "safe.bareRepository=explicit, one inside of another",
        "git config --global safe.bareRepository explicit; git clone -q --bare remote clone/inner.git",
        "cd inner.git",
    ),
    row(Works, "GIT_DIR that is not there", "", "export GIT_DIR=$root/none"),
    row(Works, "core.worktree", "mkdir tree; git -C clone config core.worktree $root/tree", ""),
    row(Works, "core.worktree that is gone", "git -C clone config core.worktree $root/none", ""),
    row(
        Works,
        "a folder that must not be looked into",
        "mkdir clone/sub",
        "cd sub; export GIT_CEILING_DIRECTORIES=$root/clone",
    ),
    row(Works, "a git file", "mv clone/.git moved; echo \"gitdir: ../moved\" >clone/.git", ""),
    row(Works, "a git file that says nothing", "mv clone/.git moved; echo garbage >clone/.git", ""),
    row(Works, "a HEAD that is none", "echo garbage >clone/.git/HEAD", ""),
    row(Works, "a HEAD without a branch", "git -C clone symbolic-ref HEAD refs/heads/unborn", ""),
    row(Works, "a detached HEAD", "git -C clone checkout -q --detach", ""),
    row(Works, "no HEAD", "rm clone/.git/HEAD", ""),
    row(
        Works,
        "an unknown extension",
        "git -C clone config core.repositoryFormatVersion 1; git -C clone config extensions.unheardOf true",
        "",
    ),
    row(Works, "a configuration with carriage returns", "sed -i 's/$/\\r/' clone/.git/config", ""),
    row(Works, "a configuration with a byte order mark", "sed -i '1s/^/\\xef\\xbb\\xbf/' clone/.git/config", ""),
    row(Works, "a broken configuration", "echo '[broken' >>clone/.git/config", ""),
    // Who a commit names.
    person("a name and an address", ""),
    person("blanks around a name", "export GIT_AUTHOR_NAME='  Ann  '"),
    person("angle brackets in a name", "export GIT_AUTHOR_NAME='A <b> C'"),
    person("quotes around a name", "export GIT_AUTHOR_NAME='\"Ann\"'"),
    person("dots around a name", "export GIT_AUTHOR_NAME='.Ann.'"),
    person("a comma and a semicolon", "export GIT_AUTHOR_NAME=',Ann;'"),
    person("two lines", "export GIT_AUTHOR_NAME=$'A\\nB'"),
    person("nothing but crud", "export GIT_COMMITTER_NAME=' ,; '"),
    person("no name", "export GIT_AUTHOR_NAME="),
    person("umlauts", "export GIT_AUTHOR_NAME='Zażółć Ü'"),
    person("blanks around an address", "export GIT_AUTHOR_EMAIL=' a@b '"),
    person("angle brackets around an address", "export GIT_COMMITTER_EMAIL='<a@b>'"),
    person("no address", "export GIT_AUTHOR_EMAIL="),
    person("author.* and committer.*", "git config author.name Ann; git config committer.email c@d"),
    person("crud in the configuration", "git config user.name ' <Ann> '"),
    person("an empty address in the configuration", "git config user.email ''"),
    person("an empty name in the configuration", "git config --global user.name ''"),
    person("EMAIL", "git config --global --unset user.email; export EMAIL=e@mail"),
    person(
        "EMAIL and useConfigOnly",
        "git config --global --unset user.email; git config user.useConfigOnly true; export EMAIL=e@mail",
    ),
    person(
        "useConfigOnly and variables of git",
        "git config --global --unset user.email; git config user.useConfigOnly true; export GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_EMAIL=c@d",
    ),
    // When it was written.
    person("the form of git itself", "export GIT_AUTHOR_DATE='1112911993 +0200'"),
    person("a number with an @", "export GIT_AUTHOR_DATE='@1112911993 +0200'"),
    person("a small number with an @", "export GIT_COMMITTER_DATE='@12345 +0000'"),
    person("a zone of quarter hours", "export GIT_AUTHOR_DATE='1112911993 +0545'"),
    person("a negative zone of half hours", "export GIT_AUTHOR_DATE='1112911993 -0930'"),
    person("a zone that is none", "export GIT_AUTHOR_DATE='1112911993 +9999'"),
    person("a zone by its name", "export GIT_AUTHOR_DATE='2005-04-07 22:13:13 PST'"),
    person("RFC 2822", "export GIT_AUTHOR_DATE='Thu, 07 Apr 2005 22:13:13 +0200'"),
    person("RFC 2822 without a zone", "export GIT_AUTHOR_DATE='Thu, 7 Apr 2005 22:13:13'"),
    person("ISO 8601 with T", "export GIT_AUTHOR_DATE='2005-04-07T22:13:13'"),
    person("ISO 8601 with a blank", "export GIT_AUTHOR_DATE='2005-04-07 22:13:13'"),
    person("ISO 8601 with Z", "export GIT_AUTHOR_DATE='2005-04-07T22:13:13Z'"),
    person("ISO 8601 with a zone", "export GIT_COMMITTER_DATE='2005-04-07T22:13:13+02:00'"),
    person("parts of a second", "export GIT_AUTHOR_DATE='2005-04-07T22:13:13.019-0400'"),
    person("YYYY.MM.DD", "export GIT_AUTHOR_DATE='2005.04.07 22:13:13'"),
    person("MM/DD/YYYY", "export GIT_AUTHOR_DATE='04/07/2005 22:13:13'"),
    person("DD.MM.YYYY", "export GIT_AUTHOR_DATE='07.04.2005 22:13:13'"),
    person(
        "another time zone of the machine",
        "export TZ=America/Argentina/Buenos_Aires GIT_AUTHOR_DATE='2005-04-07 22:13:13'",
    ),
    person("the last hour of a day as 24", "export GIT_AUTHOR_DATE='2005-04-07T24:00:00Z'"),
    person("a day alone", "export GIT_AUTHOR_DATE='2005-04-07'"),
    person("before 1970", "export GIT_AUTHOR_DATE='1969-12-31T00:00:00Z'"),
    person("a negative number", "export GIT_AUTHOR_DATE='@-1 +0000'"),
    person("far in the future", "export GIT_AUTHOR_DATE='2105-01-01 00:00:00 +0000'"),
    person("words", "export GIT_AUTHOR_DATE=yesterday"),
    person("garbage", "export GIT_COMMITTER_DATE=garbage"),
    person("too many digits", "export GIT_AUTHOR_DATE='99999999999999999999 +0000'"),
    // Where a push goes.
    pushed("the remote", ""),
    pushed("insteadOf", "git -C clone remote set-url origin gh:remote; git -C clone config url.$root/.insteadOf gh:"),
    pushed(
        "pushInsteadOf",
        "git clone -q --bare remote other; git -C clone config url.$root/other.pushInsteadOf $root/remote",
    ),
    pushed("pushurl", "git clone -q --bare remote other; git -C clone remote set-url --push origin $root/other"),
    pushed(
        "two pushurls",
        "git clone -q --bare remote other; git -C clone remote set-url --push origin $root/other; git -C clone remote set-url --add --push origin $root/remote",
    ),
    pushed("two URLs", "git clone -q --bare remote other; git -C clone remote set-url --add origin $root/other"),
    pushed("a relative URL", "git -C clone remote set-url origin ../remote"),
    row(
        Ask::Pushed,
        "a relative URL in a subfolder",
        "git -C clone remote set-url origin ../remote; mkdir -p clone/a/b",
        "cd a/b",
    ),
    row(
        Ask::Pushed,
        "a relative URL in a linked worktree",
        "git -C clone remote set-url origin ../remote; git -C clone worktree add -q --detach $root/linked",
        "cd $root/linked",
    ),
    pushed("push.default=nothing", "git -C clone config push.default nothing"),
    pushed("push refspecs of the remote", "git -C clone config remote.origin.push refs/heads/main:refs/heads/other"),
    pushed("push.followTags", "git -C clone config push.followTags true; git -C clone tag -a -m t t"),
    pushed("push.gpgSign=true", "git -C clone config push.gpgSign true"),
    pushed("push.gpgSign=if-asked", "git -C clone config push.gpgSign if-asked"),
    pushed(
        "remote.pushDefault",
        "git clone -q --bare remote other; git -C clone remote add fork $root/other; git -C clone config remote.pushDefault fork",
    ),
    pushed(
        "a remote that declines",
        "printf '#!/bin/sh\\nexit 1\\n' >remote/hooks/pre-receive; chmod +x remote/hooks/pre-receive",
    ),
    // What others may read of what is written.
    modes("no sharing", "bare_copies umask", "umask 022"),
    modes("no sharing, and a narrow umask", "bare_copies false", "umask 077"),
    modes("group", "bare_copies group", "umask 077"),
    modes("true", "bare_copies true", "umask 022"),
    modes("all", "bare_copies all", "umask 077"),
    modes("world and umask 027", "bare_copies world", "umask 027"),
    modes("0660", "bare_copies 0660", "umask 022"),
    modes("0640", "bare_copies 0640", "umask 077"),
    modes("0664 and umask 000", "bare_copies 0664", "umask 000"),
    modes("1", "bare_copies 1", "umask 077"),
    modes("2", "bare_copies 2", "umask 077"),
];

/// Runs bash in the sandbox, and gives its lines in order.
fn bash(sandbox: &Sandbox, script: &str) -> Vec<String> {
    let script = format!("{PRELUDE}\n{script}");
    let output = sandbox.command("bash", sandbox.path("")).args(["-c", &script]).output().expect("bash can be started");
    let mut lines: Vec<String> = String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

/// What git and the program say where they do not agree.
fn disagreement(row: &Row) -> Option<String> {
    let sandbox = Sandbox::new();
    let (remote, _clone) = sandbox.project(|history| {
        history.resource("beta", "Beta", "echo 2").state("Beta (1)");
        history.resource("edge", "Edge", "echo 2").state("Edge (1)");
    });
    remote.git(["config", "receive.denyDeleteCurrent", "ignore"]);
    bash(&sandbox, row.setup);
    let ask = |question: &str| bash(&sandbox, &format!("cd clone\n{}\n{question}", row.before));
    let (git, ours) = (ask(row.ask.git()), ask(row.ask.ours()));
    (git != ours).then(|| format!("{:?}: {}\n   git:  {git:?}\n   ours: {ours:?}", row.ask, row.name))
}

/// Asks both about all rows of a question. The answers of git have to differ among the rows: else the question is no question.
#[track_caller]
fn assert_agreement(ask: Ask) {
    let is_root = rustix::process::geteuid().is_root();
    let rows = ROWS.iter().filter(|row| row.ask == ask);
    // Only root can give files away.
    let rows: Vec<&Row> =
        rows.filter(|row| is_root || !format!("{}{}", row.setup, row.before).contains("foreign")).collect();
    let disagreements: Vec<String> = std::thread::scope(|scope| {
        let parts = rows.chunks(rows.len().div_ceil(4));
        let threads: Vec<_> = parts
            .map(|rows| scope.spawn(move || rows.iter().filter_map(|row| disagreement(row)).collect::<Vec<_>>()))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a row does not panic")).collect()
    });
    assert!(disagreements.is_empty(), "{} of {} rows:\n{}", disagreements.len(), rows.len(), disagreements.join("\n"));
}

#[test]
fn references_that_show_branches() {
    assert_agreement(Ask::Shown);
}

#[test]
fn references_that_can_be_read() {
    assert_agreement(Ask::Read);
}

#[test]
fn repositories_in_which_one_may_work() {
    assert_agreement(Ask::Works);
}

#[test]
fn people_and_dates() {
    assert_agreement(Ask::Person);
}

#[test]
fn where_a_push_goes() {
    assert_agreement(Ask::Pushed);
}

#[test]
fn modes_of_what_is_written() {
    assert_agreement(Ask::Modes);
}
