#!/bin/sh
# Builds git-spread-cron and installs it with its manual pages and completions.
set -eu

usage() {
    cat <<'END'
usage: ./install.sh [--root DIR] [--uninstall]

Builds git-spread-cron with cargo and installs

  the program          DIR/bin
  the manual pages     DIR/share/man/man1
  the completions      bash: ${XDG_DATA_HOME:-~/.local/share}/bash-completion/completions
                       zsh:  DIR/share/zsh/site-functions
                       fish: ${XDG_CONFIG_HOME:-~/.config}/fish/completions

DIR is $CARGO_INSTALL_ROOT, else $CARGO_HOME, else ~/.cargo.
--uninstall removes all of it again.
END
}

say() {
    printf '%s\n' "$*"
}

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

# Whether the folder is one of those in $PATH.
is_searched() {
    case ":$PATH:" in
        *":$1:"*) return 0 ;;
        *) return 1 ;;
    esac
}

# Copies a file ($1) into a folder ($2) under a name ($3), and says so.
put() {
    mkdir -p "$2"
    cp -- "$1" "$2/$3"
    chmod 644 "$2/$3"
    say "installed $2/$3"
}

# Removes a file, if it is there, and says so.
drop() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        rm -f -- "$1"
        say "removed $1"
    fi
}

root=${CARGO_INSTALL_ROOT:-}
uninstall=
while [ $# -gt 0 ]; do
    case $1 in
        --root)
            [ $# -ge 2 ] || { usage >&2; exit 2; }
            root=$2
            shift
            ;;
        --root=*) root=${1#--root=} ;;
        --uninstall) uninstall=yes ;;
        -h | --help)
            usage
            exit
            ;;
        *)
            usage >&2
            exit 2
            ;;
    esac
    shift
done

if [ -z "$root" ]; then
    if [ -n "${CARGO_HOME:-}" ]; then
        root=$CARGO_HOME
    else
        [ -n "${HOME:-}" ] || fail 'HOME is not set; say where to install with --root DIR'
        root=$HOME/.cargo
    fi
fi
case $root in
    /*) ;;
    *) root=$PWD/$root ;;
esac

source=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
man=$root/share/man/man1
zsh=$root/share/zsh/site-functions
bash=""
fish=""
if [ -n "${XDG_DATA_HOME:-${HOME:-}}" ]; then
    bash=${XDG_DATA_HOME:-$HOME/.local/share}/bash-completion/completions
fi
if [ -n "${XDG_CONFIG_HOME:-${HOME:-}}" ]; then
    fish=${XDG_CONFIG_HOME:-$HOME/.config}/fish/completions
fi

if [ -n "$uninstall" ]; then
    if [ -e "$root/bin/git-spread-cron" ]; then
        cargo uninstall --root "$root" git-spread-cron
    fi
    for page in "$source"/man/*.1; do
        drop "$man/${page##*/}"
    done
    [ -z "$bash" ] || drop "$bash/git-spread-cron"
    drop "$zsh/_git-spread-cron"
    [ -z "$fish" ] || drop "$fish/git-spread-cron.fish"
    exit
fi

command -v cargo > /dev/null || fail 'cargo is not there; see https://www.rust-lang.org/tools/install'
command -v git > /dev/null || fail 'git is not there'

# What cargo says about PATH is said below, with the rest.
cargo install --locked --path "$source" --root "$root"
for page in "$source"/man/*.1; do
    put "$page" "$man" "${page##*/}"
done
[ -z "$bash" ] || put "$source/completions/git-spread-cron.bash" "$bash" git-spread-cron
put "$source/completions/_git-spread-cron" "$zsh" _git-spread-cron
[ -z "$fish" ] || put "$source/completions/git-spread-cron.fish" "$fish" git-spread-cron.fish

say ''
if is_searched "$root/bin"; then
    say 'git spread-cron is ready. To see it at work: git spread-cron demo'
    if command -v man > /dev/null && ! man -w git-spread-cron > /dev/null 2>&1; then
        say ''
        say "man, and so git spread-cron --help, does not search $root/share/man; add that folder to MANPATH."
    fi
else
    say "$root/bin is not in your PATH. git finds the command, and man its pages, once you add to ~/.profile:"
    say ''
    say "    export PATH=\"$root/bin:\$PATH\""
    say ''
    say 'Then see it at work: git spread-cron demo'
fi
say ''
say 'zsh completes it once you add to ~/.zshrc, in front of compinit:'
say ''
say "    fpath=(\"$zsh\" \$fpath)"
