# Completion of git-spread-cron and git spread-cron for bash.

_git_spread_cron_words() {
    local i cur prev opts cmd
    COMPREPLY=()
    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
        cur="$2"
    else
        cur="${COMP_WORDS[COMP_CWORD]}"
    fi
    prev="$3"
    cmd=""
    opts=""

    for i in "${COMP_WORDS[@]:0:COMP_CWORD}"
    do
        case "${cmd},${i}" in
            ",$1")
                cmd="git_spread_cron_words"
                ;;
            git_spread_cron_words,add)
                cmd="git_spread_cron_words__subcmd__add"
                ;;
            git_spread_cron_words,catalog)
                cmd="git_spread_cron_words__subcmd__catalog"
                ;;
            git_spread_cron_words,completions)
                cmd="git_spread_cron_words__subcmd__completions"
                ;;
            git_spread_cron_words,customize)
                cmd="git_spread_cron_words__subcmd__customize"
                ;;
            git_spread_cron_words,demo)
                cmd="git_spread_cron_words__subcmd__demo"
                ;;
            git_spread_cron_words,green)
                cmd="git_spread_cron_words__subcmd__green"
                ;;
            git_spread_cron_words,help)
                cmd="git_spread_cron_words__subcmd__help"
                ;;
            git_spread_cron_words,init)
                cmd="git_spread_cron_words__subcmd__init"
                ;;
            git_spread_cron_words,lint)
                cmd="git_spread_cron_words__subcmd__lint"
                ;;
            git_spread_cron_words,log)
                cmd="git_spread_cron_words__subcmd__log"
                ;;
            git_spread_cron_words,pause)
                cmd="git_spread_cron_words__subcmd__pause"
                ;;
            git_spread_cron_words,pending)
                cmd="git_spread_cron_words__subcmd__pending"
                ;;
            git_spread_cron_words,poll)
                cmd="git_spread_cron_words__subcmd__poll"
                ;;
            git_spread_cron_words,remove)
                cmd="git_spread_cron_words__subcmd__remove"
                ;;
            git_spread_cron_words,result)
                cmd="git_spread_cron_words__subcmd__result"
                ;;
            git_spread_cron_words,resume)
                cmd="git_spread_cron_words__subcmd__resume"
                ;;
            git_spread_cron_words,run)
                cmd="git_spread_cron_words__subcmd__run"
                ;;
            git_spread_cron_words,site)
                cmd="git_spread_cron_words__subcmd__site"
                ;;
            git_spread_cron_words,status)
                cmd="git_spread_cron_words__subcmd__status"
                ;;
            git_spread_cron_words__subcmd__catalog,show)
                cmd="git_spread_cron_words__subcmd__catalog__subcmd__show"
                ;;
            git_spread_cron_words__subcmd__help,add)
                cmd="git_spread_cron_words__subcmd__help__subcmd__add"
                ;;
            git_spread_cron_words__subcmd__help,catalog)
                cmd="git_spread_cron_words__subcmd__help__subcmd__catalog"
                ;;
            git_spread_cron_words__subcmd__help,completions)
                cmd="git_spread_cron_words__subcmd__help__subcmd__completions"
                ;;
            git_spread_cron_words__subcmd__help,customize)
                cmd="git_spread_cron_words__subcmd__help__subcmd__customize"
                ;;
            git_spread_cron_words__subcmd__help,demo)
                cmd="git_spread_cron_words__subcmd__help__subcmd__demo"
                ;;
            git_spread_cron_words__subcmd__help,green)
                cmd="git_spread_cron_words__subcmd__help__subcmd__green"
                ;;
            git_spread_cron_words__subcmd__help,help)
                cmd="git_spread_cron_words__subcmd__help__subcmd__help"
                ;;
            git_spread_cron_words__subcmd__help,init)
                cmd="git_spread_cron_words__subcmd__help__subcmd__init"
                ;;
            git_spread_cron_words__subcmd__help,lint)
                cmd="git_spread_cron_words__subcmd__help__subcmd__lint"
                ;;
            git_spread_cron_words__subcmd__help,log)
                cmd="git_spread_cron_words__subcmd__help__subcmd__log"
                ;;
            git_spread_cron_words__subcmd__help,pause)
                cmd="git_spread_cron_words__subcmd__help__subcmd__pause"
                ;;
            git_spread_cron_words__subcmd__help,pending)
                cmd="git_spread_cron_words__subcmd__help__subcmd__pending"
                ;;
            git_spread_cron_words__subcmd__help,poll)
                cmd="git_spread_cron_words__subcmd__help__subcmd__poll"
                ;;
            git_spread_cron_words__subcmd__help,remove)
                cmd="git_spread_cron_words__subcmd__help__subcmd__remove"
                ;;
            git_spread_cron_words__subcmd__help,result)
                cmd="git_spread_cron_words__subcmd__help__subcmd__result"
                ;;
            git_spread_cron_words__subcmd__help,resume)
                cmd="git_spread_cron_words__subcmd__help__subcmd__resume"
                ;;
            git_spread_cron_words__subcmd__help,run)
                cmd="git_spread_cron_words__subcmd__help__subcmd__run"
                ;;
            git_spread_cron_words__subcmd__help,site)
                cmd="git_spread_cron_words__subcmd__help__subcmd__site"
                ;;
            git_spread_cron_words__subcmd__help,status)
                cmd="git_spread_cron_words__subcmd__help__subcmd__status"
                ;;
            git_spread_cron_words__subcmd__help__subcmd__catalog,show)
                cmd="git_spread_cron_words__subcmd__help__subcmd__catalog__subcmd__show"
                ;;
            *)
                ;;
        esac
    done

    case "${cmd}" in
        git_spread_cron_words)
            opts="-q -v -h -V --color --quiet --verbose --help --version poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 1 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__add)
            opts="-m -x -n -q -v -h --from --source --message --extractor --value-pattern --env --actions --custom --target-repo --target-ref --spread --start-point --manual --dry-run --network-timeout --catalog --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --from)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --source)
                    COMPREPLY=($(compgen -W "clock git http header snap deb github-release github-run pypi npm crates after file" -- "${cur}"))
                    return 0
                    ;;
                --message)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -m)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --extractor)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                -x)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --value-pattern)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --env)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --actions)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --custom)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --target-repo)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --target-ref)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --spread)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --start-point)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --network-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --catalog)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__catalog)
            opts="-q -v -h --catalog --format --color --quiet --verbose --help show"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --catalog)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "human json" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__catalog__subcmd__show)
            opts="-q -v -h --catalog --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --catalog)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__completions)
            opts="-q -v -h --color --quiet --verbose --help bash zsh fish"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__customize)
            opts="-q -v -h --resource --commit --worktree --check --github-env --exec --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --resource)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --commit)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__demo)
            opts="-q -v -h --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__green)
            opts="-q -v -h --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help)
            opts="poll status log lint add remove pause resume catalog customize run result pending green site init demo completions help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__add)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__catalog)
            opts="show"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__catalog__subcmd__show)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 4 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__completions)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__customize)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__demo)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__green)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__help)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__init)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__lint)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__log)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__pause)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__pending)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__poll)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__remove)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__result)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__resume)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__run)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__site)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__help__subcmd__status)
            opts=""
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 3 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__init)
            opts="-n -q -v -h --uses --dry-run --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --uses)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__lint)
            opts="-q -v -h --shell --format --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --shell)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "human json" -- "${cur}"))
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__log)
            opts="-n -q -v -h --max-count --attempts --tasks --format --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --max-count)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -n)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "human json" -- "${cur}"))
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__pause)
            opts="-q -v -h --until --because --network-timeout --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --until)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --because)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --network-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__pending)
            opts="-n -q -v -h --all --retry --max-count --format --github --remote --local --options-path --layout --shard --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --retry)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --max-count)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -n)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "human json matrix" -- "${cur}"))
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --shard)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__poll)
            opts="-n -j -q -v -h --no-fetch --dry-run --jobs --timeout --network-timeout --shell --pass-env --isolation --every --fail-on --github --format --remote --local --options-path --layout --shard --force --first --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --jobs)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                -j)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --network-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --shell)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --pass-env)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --isolation)
                    COMPREPLY=($(compgen -W "auto require none" -- "${cur}"))
                    return 0
                    ;;
                --every)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --fail-on)
                    COMPREPLY=($(compgen -W "any all none" -- "${cur}"))
                    return 0
                    ;;
                --format)
                    COMPREPLY=($(compgen -W "human json" -- "${cur}"))
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --shard)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__remove)
            opts="-n -q -v -h --dry-run --network-timeout --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --network-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__result)
            opts="-q -v -h --status --commit --url --from --otherwise --expect --github --network-timeout --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --status)
                    COMPREPLY=($(compgen -W "passed failed cancelled infra-error" -- "${cur}"))
                    return 0
                    ;;
                --commit)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --url)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --from)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --otherwise)
                    COMPREPLY=($(compgen -W "passed failed cancelled infra-error" -- "${cur}"))
                    return 0
                    ;;
                --expect)
                    COMPREPLY=($(compgen -W "passed failed cancelled infra-error" -- "${cur}"))
                    return 0
                    ;;
                --network-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__resume)
            opts="-q -v -h --network-timeout --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --network-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__run)
            opts="-n -q -v -h --commit --value --files --file --secret-env --pending --jobs --attempts --workspace --record --url --grace --log --out --if-pending --retry --no-check --discard --github --dry-run --network-timeout --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --commit)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --value)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --files)
                    COMPREPLY=($(compgen -W "state tip" -- "${cur}"))
                    return 0
                    ;;
                --file)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --secret-env)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --jobs)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --attempts)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --workspace)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --url)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --grace)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --log)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --out)
                    COMPREPLY=()
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o plusdirs
                    fi
                    return 0
                    ;;
                --retry)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --network-timeout)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__site)
            opts="-q -v -h --single-file --base-url --title --markdown --now --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --base-url)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --title)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --markdown)
                    local oldifs
                    if [ -n "${IFS+x}" ]; then
                        oldifs="$IFS"
                    fi
                    IFS=$'\n'
                    COMPREPLY=($(compgen -f "${cur}"))
                    if [ -n "${oldifs+x}" ]; then
                        IFS="$oldifs"
                    fi
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o filenames
                    fi
                    return 0
                    ;;
                --now)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
        git_spread_cron_words__subcmd__status)
            opts="-q -v -h --format --remote --local --options-path --layout --color --quiet --verbose --help"
            if [[ ${cur} == -* || ${COMP_CWORD} -eq 2 ]] ; then
                COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
                return 0
            fi
            case "${prev}" in
                --format)
                    COMPREPLY=($(compgen -W "human json" -- "${cur}"))
                    return 0
                    ;;
                --remote)
                    COMPREPLY=($(compgen -f "${cur}"))
                    return 0
                    ;;
                --options-path)
                    COMPREPLY=("${cur}")
                    if [[ "${BASH_VERSINFO[0]}" -ge 4 ]]; then
                        compopt -o nospace
                    fi
                    return 0
                    ;;
                --layout)
                    COMPREPLY=($(compgen -W "auto branch folder" -- "${cur}"))
                    return 0
                    ;;
                --color)
                    COMPREPLY=($(compgen -W "auto always never" -- "${cur}"))
                    return 0
                    ;;
                *)
                    COMPREPLY=()
                    ;;
            esac
            COMPREPLY=( $(compgen -W "${opts}" -- "${cur}") )
            return 0
            ;;
    esac
}

# git, with the -C and --git-dir of the line that is being completed if git's own completion has read them.
__git_spread_cron_git() {
    if declare -F __git > /dev/null; then
        __git "$@"
    else
        git "$@" 2> /dev/null
    fi
}

# Offers the lines of stdin that begin with $cur. Not by `compgen -W`, which would execute a branch called `$(x)`.
__git_spread_cron_offer() {
    local line quoted
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == "$cur"* ]]; then
            printf -v quoted %q "$line"
            COMPREPLY+=("$quoted")
        fi
    done
}

# The branches, local and of all remotes, without the names of the remotes.
__git_spread_cron_resources() {
    {
        __git_spread_cron_git for-each-ref --format='%(refname:strip=2)' refs/heads
        __git_spread_cron_git for-each-ref --format='%(refname:strip=3)' refs/remotes
    } | grep -vx HEAD | sort -u
}

# The names in the catalog, or in one section of it.
__git_spread_cron_catalog() {
    __git_spread_cron_git spread-cron catalog 2> /dev/null |
        awk -v section="${1:-}" '/^[^ ]/ { shown = !section || $1 == section; next } shown && NF { print $1 }'
}

# The keys of a kind of sources, each with an equals sign.
__git_spread_cron_keys() {
    case "$1" in
        clock) printf '%s\n' every= at= day= format= ;;
        git) printf '%s\n' url= ref= tags= include= exclude= order= ;;
        http) printf '%s\n' url= header= select= regex= include= exclude= order= absent= auth= ;;
        header) printf '%s\n' url= names= absent= auth= ;;
        snap) printf '%s\n' snap= channel= arch= field= absent= ;;
        deb) printf '%s\n' package= series= pocket= distribution= ;;
        github-release) printf '%s\n' repository= prereleases= include= exclude= order= absent= auth= ;;
        github-run) printf '%s\n' repository= workflow= branch= absent= auth= ;;
        pypi) printf '%s\n' package= absent= ;;
        npm) printf '%s\n' package= tag= absent= ;;
        crates) printf '%s\n' package= absent= ;;
        after) printf '%s\n' resource= ;;
        file) printf '%s\n' path= select= regex= include= exclude= order= absent= ;;
        *) ;;
    esac
}

__git_spread_cron_takes_value() {
    case "$1" in
        "add --actions"|"add --catalog"|"add --color"|"add --custom"|"add --env"|"add --extractor"|"add --from"|"add --layout"|"add --message"|"add --network-timeout"|"add --options-path"|"add --remote"|"add --source"|"add --spread"|"add --start-point"|"add --target-ref"|"add --target-repo"|"add --value-pattern"|"add -m"|"add -x"|"catalog --catalog"|"catalog --color"|"catalog --format"|"completions --color"|"customize --color"|"customize --commit"|"customize --layout"|"customize --options-path"|"customize --remote"|"customize --resource"|"demo --color"|"green --color"|"green --layout"|"green --options-path"|"green --remote"|"init --color"|"init --uses"|"lint --color"|"lint --format"|"lint --layout"|"lint --options-path"|"lint --remote"|"lint --shell"|"log --color"|"log --format"|"log --layout"|"log --max-count"|"log --options-path"|"log --remote"|"log -n"|"pause --because"|"pause --color"|"pause --layout"|"pause --network-timeout"|"pause --options-path"|"pause --remote"|"pause --until"|"pending --color"|"pending --format"|"pending --layout"|"pending --max-count"|"pending --options-path"|"pending --remote"|"pending --retry"|"pending --shard"|"pending -n"|"poll --color"|"poll --every"|"poll --fail-on"|"poll --format"|"poll --isolation"|"poll --jobs"|"poll --layout"|"poll --network-timeout"|"poll --options-path"|"poll --pass-env"|"poll --remote"|"poll --shard"|"poll --shell"|"poll --timeout"|"poll -j"|"remove --color"|"remove --layout"|"remove --network-timeout"|"remove --options-path"|"remove --remote"|"result --color"|"result --commit"|"result --expect"|"result --from"|"result --layout"|"result --network-timeout"|"result --options-path"|"result --otherwise"|"result --remote"|"result --status"|"result --url"|"resume --color"|"resume --layout"|"resume --network-timeout"|"resume --options-path"|"resume --remote"|"run --attempts"|"run --color"|"run --commit"|"run --file"|"run --files"|"run --grace"|"run --jobs"|"run --layout"|"run --log"|"run --network-timeout"|"run --options-path"|"run --out"|"run --remote"|"run --retry"|"run --secret-env"|"run --url"|"run --value"|"run --workspace"|"site --base-url"|"site --color"|"site --layout"|"site --markdown"|"site --now"|"site --options-path"|"site --remote"|"site --title"|"status --color"|"status --format"|"status --layout"|"status --options-path"|"status --remote") return 0 ;;
        *) return 1 ;;
    esac
}

# Completes the last of the arguments. They are the words after the command.
__git_spread_cron_main() {
    local -a COMP_WORDS=(git-spread-cron)
    local word command="" only_names="" kind="" last="" behind_equals=""
    while (($#)); do
        [[ ${word-} != = ]] || behind_equals=$#
        word=$1
        shift
        # `--option=value` comes as one word from git and as three from bash; for clap's function it is two. Either
        # way, bash replaces only what stands behind the equals sign.
        case "$word" in
            --*=*) COMP_WORDS+=("${word%%=*}" "${word#*=}") ;;
            =) (($#)) || COMP_WORDS+=("") ;;
            *) COMP_WORDS+=("$word") ;;
        esac
        if (($#)); then
            case "$word" in
                --) only_names=1 ;;
                --source=*) kind=${word#*=} ;;
                poll|status|log|lint|add|remove|pause|resume|catalog|customize|run|result|pending|green|site|init|demo|completions|help) command=${command:-$word} ;;
            esac
            [[ $last != --source ]] || kind=$word
            [[ $word == = ]] || last=$word
        fi
    done
    local COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}

    if [[ -z $only_names && $prev == --remote ]]; then
        __git_spread_cron_offer < <(__git_spread_cron_git remote)
    elif [[ -z $only_names && $command == customize && $prev == --resource ]]; then
        __git_spread_cron_offer < <(__git_spread_cron_resources)
    elif [[ -z $only_names && "$command $prev" == "add --from" ]]; then
        __git_spread_cron_offer < <(__git_spread_cron_catalog Entries)
    elif [[ -n $only_names && $command == @(run|customize) ]]; then
        # What follows is for another program.
        COMPREPLY=()
    elif [[ -z $only_names && $cur == -* ]] || __git_spread_cron_takes_value "$command $prev"; then
        _git_spread_cron_words git-spread-cron "$cur" "$prev"
    else
        case "$command" in
            poll|status|log|lint|run|result|pending|green|remove|pause|resume) __git_spread_cron_offer < <(__git_spread_cron_resources) ;;
            catalog)
                __git_spread_cron_offer < <(
                    [[ $prev != catalog ]] || echo show
                    __git_spread_cron_catalog
                )
                ;;
            add)
                COMPREPLY=()
                if [[ -n $kind && $word != = && $behind_equals != 1 && $cur != *=* ]]; then
                    # What a key is to be comes right behind it.
                    compopt -o nospace 2> /dev/null
                    __git_spread_cron_offer < <(__git_spread_cron_keys "$kind")
                fi
                ;;
            # Nothing here means a file or a folder to bash.
            demo | customize) COMPREPLY=() ;;
            *) _git_spread_cron_words git-spread-cron "$cur" "$prev" ;;
        esac
    fi
}

# What bash calls for `git-spread-cron`.
_git-spread-cron() {
    __git_spread_cron_main "${COMP_WORDS[@]:1:COMP_CWORD}"
}

# What git's completion calls for `git spread-cron`. Its variables: `words` are those of the line, `cword` is the index
# of the one that is being completed, and (since git 2.32) `__git_cmd_idx` the index of the command.
# shellcheck disable=SC2154
_git_spread_cron() {
    local index=${__git_cmd_idx:-}
    if [[ -z $index ]]; then
        index=1
        while ((index < cword)) && [[ ${words[index]} != spread-cron ]]; do
            ((index += 1))
        done
    fi
    # git puts the blank behind a word by itself, so it has told bash not to.
    compopt +o nospace 2> /dev/null
    __git_spread_cron_main "${words[@]:index + 1:cword - index}"
}

if [[ ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 || ${BASH_VERSINFO[0]} -gt 4 ]]; then
    complete -F _git-spread-cron -o nosort -o bashdefault -o default git-spread-cron
else
    complete -F _git-spread-cron -o bashdefault -o default git-spread-cron
fi
