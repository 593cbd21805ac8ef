//! The small GitHub of the tests (`support/runner`) behaves as the large one: else the tests of the actions would show nothing.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::actions::{ActionsLog, read_command_file};
use crate::support::runner::{Action, Hub, Permissions, Piece, Scope, Status, Workflow, base64, load, parse, pieces};
use crate::support::{Repo, Sandbox};

fn scope() -> Scope {
    Scope::new([
        ("github", json!({ "event_name": "schedule", "Token": "t" })),
        ("needs", json!({ "poll": { "result": "failure", "outputs": { "count": "2", "list": "[1, 2]" } } })),
        ("inputs", json!({ "max-jobs": 256, "flag": false, "empty": "" })),
    ])
}

#[test]
fn expressions() {
    for (expression, value) in [
        ("'it''s'", json!("it's")),
        ("1 == 1.0", json!(true)),
        ("github.event_name == 'SCHEDULE'", json!(true)),
        ("github.token", json!("t")),
        ("github['event_name']", json!("schedule")),
        ("github.nothing.at.all", Value::Null),
        ("github.nothing == ''", json!(true)),
        ("needs.poll.outputs.count > 1", json!(true)),
        ("needs.poll.outputs.nothing > 0", json!(false)),
        ("'x' > 0", json!(false)),
        ("'x' == 0", json!(false)),
        ("'a' < 'B'", json!(true)),
        ("inputs.max-jobs", json!(256)),
        ("inputs.flag || inputs.empty || 'default'", json!("default")),
        ("inputs.max-jobs && 'yes' || 'no'", json!("yes")),
        ("!(inputs.flag || 1 != 1) && !inputs.empty", json!(true)),
        ("false && fromJSON('{')", json!(false)),
        ("fromJSON(needs.poll.outputs.list)[1]", json!(2)),
        ("format('{0}-{{{1}}}', 'a', 2)", json!("a-{2}")),
        ("contains('Hello', 'ell') && contains(fromJSON('[\"a\"]'), 'A')", json!(true)),
        ("startsWith('Hello', 'hE') && endsWith('Hello', 'LO')", json!(true)),
        ("join(fromJSON('[1, \"b\"]'), '+')", json!("1+b")),
        ("toJSON('a\"b')", json!("\"a\\\"b\"")),
        ("success() && always() && !failure() && !cancelled()", json!(true)),
    ] {
        assert_eq!(scope().evaluate(expression), Ok(value), "{expression}");
    }
    for wrong in ["secrets.x", "inputs.typo", "needs.other.result", "nothing()", "'open", "1 +", "a..b", "fromJSON('')"]
    {
        assert!(scope().evaluate(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn texts_with_expressions() {
    let text = |template: &str| scope().text(&json!(template)).unwrap();
    assert_eq!(text("a ${{ inputs.max-jobs }}/${{ '}}' }} b"), "a 256/}} b");
    assert_eq!(text("plain"), "plain");
    assert_eq!(scope().expand(&json!("${{ inputs.flag }}")), Ok(json!(false)));
    // What an expression comes to is not taken for one.
    assert_eq!(scope().text(&json!("${{ '${' }}{ github.token }}")), Ok("${{ github.token }}".to_owned()));
    assert!(scope().text(&json!("${{ 'open }}")).is_err());
}

#[test]
fn conditions() {
    let holds = |condition: &str, status| Scope { status, ..scope() }.holds(Some(&json!(condition))).unwrap();
    for (condition, expected) in [
        ("true", [true, false, false, false]),
        ("${{ inputs.flag }}", [false; 4]),
        ("always()", [true; 4]),
        ("failure()", [false, true, false, false]),
        ("cancelled()", [false, false, true, false]),
        ("!cancelled()", [true, true, false, true]),
        ("${{ !cancelled() && needs.poll.outputs.count > 0 }}", [true, true, false, true]),
        ("needs.poll.result == 'failure'", [true, false, false, false]),
    ] {
        let all = [Status::Success, Status::Failure, Status::Cancelled, Status::Skipped];
        assert_eq!(all.map(|status| holds(condition, status)), expected, "{condition}");
    }
    assert!(scope().holds(Some(&json!("${{ inputs.flag }} == true"))).is_err(), "a text is always true");
}

#[test]
fn commands_in_a_log() {
    let obeyed = |log: &str| -> Vec<String> {
        let properties = |map: BTreeMap<String, String>| {
            map.into_iter().map(|(key, value)| format!(" {key}={value}")).collect::<String>()
        };
        let log = log.replace("TOKEN", &"t".repeat(32));
        ActionsLog::read(&log)
            .executed
            .into_iter()
            .map(|it| format!("{}{}: {}", it.name, properties(it.properties), it.data))
            .collect()
    };
    for (log, expected) in [
        ("::warning title=a%3Ab%2C,line=1::x%0Ay%25", &["warning line=1 title=a:b,: x\ny%"][..]),
        ("  ::ERROR::x", &["error: x"]),
        ("said ::error::x", &[]),
        ("said ##[error]x", &["error: x"]),
        ("##[set-output name=a%5D;]v", &["set-output name=a]: v"]),
        ("::nothing::x", &[]),
        ("::stop-commands::TOKEN\n::error::x\n##[error]x\n::TOKEN::\n::error::y", &["error: y"]),
        ("::stop-commands::TOKEN\n::other::\n::error::x", &[]),
        ("::stop-commands::TOKEN\n##[TOKEN]\n::error::x", &["error: x"]),
        ("::set-env name=a::b\n::add-mask::m\n::group::g", &["set-env name=a: b", "add-mask: m", "group: g"]),
    ] {
        assert_eq!(obeyed(log), expected, "{log}");
    }
}

#[test]
fn files_of_a_step() {
    let read = |text: &str| {
        read_command_file(text).into_iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>()
    };
    for (text, expected) in [
        ("a=b=c\n\nd=\n", &["a: b=c", "d: "][..]),
        ("a<<EOF\nb\n\nc=<<d\nEOF\ne=f", &["a: b\n\nc=<<d", "e: f"]),
        ("a<<EOF\nEOF\n", &["a: "]),
        ("a=b<<c\n", &["a: b<<c"]),
    ] {
        assert_eq!(read(text), expected, "{text}");
    }
}

#[test]
fn base64_of_a_credential() {
    for (text, expected) in
        [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("x-access-token:", "eC1hY2Nlc3MtdG9rZW46")]
    {
        assert_eq!(base64(text.as_bytes()), expected);
    }
}

/// A remote with nothing but its default branch.
fn bare(sandbox: &Sandbox) -> Repo<'_> {
    sandbox.project(|_| {}).0
}

/// Runs these jobs by the schedule.
fn with_jobs<T>(jobs: &str, look: impl FnOnce(&crate::support::runner::WorkflowRun<'_>, &Sandbox) -> T) -> T {
    let sandbox = Sandbox::new();
    let mut hub = Hub::new(&sandbox, &bare(&sandbox));
    hub.secret("PASSWORD", "line one\nhunter2");
    let workflow: Workflow = parse(&format!("on: push\npermissions: {{}}\njobs:\n{jobs}")).unwrap();
    look(&hub.run(&workflow), &sandbox)
}

#[test]
fn steps_hand_on_what_they_say() {
    let jobs = r#"
  a:
    runs-on: x
    env: { A: 1, B: job }
    steps:
      - id: one
        env: { B: '${{ env.B }}-step' }
        run: |
          echo "got=$A $B" >> "$GITHUB_OUTPUT"; echo "::set-output name=old::way"
          echo C=from-file >> "$GITHUB_ENV"; echo "$RUNNER_TEMP" >> "$GITHUB_PATH"; echo '# hello' >> "$GITHUB_STEP_SUMMARY"
          printf '#!/bin/sh\necho tool\n' > "$RUNNER_TEMP/tool"; chmod +x "$RUNNER_TEMP/tool"
      - id: two
        run: echo "got=$(tool) $C $B ${TOKEN-none} ${GITHUB_TOKEN-none}" >> "$GITHUB_OUTPUT"
      - id: three
        continue-on-error: true
        run: exit 3
      - id: four
        run: false | true
        shell: bash
      - run: echo not reached
        name: not reached
      - if: failure()
        name: reached
        run: echo "${{ steps.three.outcome }} ${{ steps.three.conclusion }} ${{ steps.four.conclusion }}"
    outputs:
      one: ${{ steps.one.outputs.got }}|${{ steps.one.outputs.old }}
      two: ${{ steps.two.outputs.got }}
      secret: a hunter2 b
  b:
    needs: a
    runs-on: x
    steps: [{ run: 'true' }]
  c:
    needs: a
    if: always()
    runs-on: x
    steps: [{ name: tell, run: "echo ${{ needs.a.result }}" }]
  d:
    needs: c
    runs-on: x
    steps: [{ run: 'true' }]
"#;
    with_jobs(jobs, |run, _| {
        let word = |name: &str| run.job(name).outcome.word();
        assert_eq!(["a", "b", "c", "d"].map(word), ["failure", "skipped", "success", "skipped"], "{run}");
        let job = run.job("a");
        assert_eq!(job.outputs["one"], "1 job-step|way");
        assert_eq!(job.outputs["two"], "tool from-file job none none");
        assert_eq!((job.dropped, job.steps[0].summary.as_str()), (vec!["secret".to_owned()], "# hello\n"));
        assert_eq!(job.steps.iter().map(|step| step.outcome.word()).collect::<Vec<_>>()[4..], ["skipped", "success"]);
        assert_eq!(run.job("a").step("reached").log, "failure success failure\n");

        assert_eq!(run.job("c").step("tell").log, "failure\n");
    });
}

#[test]
fn matrices() {
    let job = |matrix: &str| {
        format!(
            "  a:\n    runs-on: x\n    strategy:\n      matrix: {matrix}\n    name: a ${{{{ matrix.v }}}}\n    steps: [{{ run: '[[ $V != 2 ]]', shell: bash, env: {{ V: '${{{{ matrix.v }}}}' }} }}]\n"
        )
    };
    let outcomes = |matrix: &str| {
        with_jobs(&job(matrix), |run, _| run.jobs().iter().map(|job| job.outcome.word()).collect::<Vec<_>>())
    };
    assert_eq!(outcomes("${{ fromJSON('{\"include\":[{\"v\":1},{\"v\":3}]}') }}"), ["success", "success"]);
    // What comes after a failure is not started, unless it was asked for.
    assert_eq!(outcomes("{ v: [1, 2, 3] }"), ["success", "failure"]);
    assert_eq!(outcomes("{ include: [] }"), ["failure"]);
    let many: Vec<_> = (0..257).map(|v| json!({ "v": v })).collect();
    assert_eq!(outcomes(&format!("{{ include: {} }}", json!(many))), ["failure"]);
    with_jobs(&job("{ include: [] }"), |run, _| {
        assert!(run.jobs()[0].error.as_deref().unwrap().contains("does not contain any values"), "{run}");
    });
}

#[test]
fn artifacts() {
    let upload = "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a";
    let download = "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c";
    let steps = [
        ("run: 'mkdir -p out/sub; echo 1 > out/a; echo 2 > out/sub/b; echo 3 > out/.hidden; mkdir bad; echo > bad/a:b'".to_owned(), "success"),
        (format!("uses: {upload}\n        with: {{ name: one, path: out/ }}"), "success"),
        (format!("uses: {upload}\n        if: always()\n        with: {{ name: one, path: out }}"), "failure"),
        (format!("uses: {upload}\n        if: always()\n        with: {{ name: one, path: out/a, overwrite: true }}"), "success"),
        (format!("uses: {upload}\n        if: always()\n        with: {{ name: a/b, path: out }}"), "failure"),
        (format!("uses: {upload}\n        if: always()\n        with: {{ name: 'a:b', path: out }}"), "failure"),
        (format!("uses: {upload}\n        if: always()\n        with: {{ name: bad, path: bad }}"), "failure"),
        (format!("uses: {upload}\n        if: always()\n        with: {{ name: two, path: out, include-hidden-files: true }}"), "success"),
        (format!("uses: {download}\n        if: always()\n        with: {{ name: three }}"), "failure"),
        (format!("uses: {download}\n        if: always()\n        with: {{ path: all }}"), "success"),
        ("if: always()\n        name: list\n        run: find all -type f | sort".to_owned(), "success"),
    ];
    let list: String = steps.iter().map(|(step, _)| format!("      - {step}\n")).collect();
    with_jobs(&format!("  a:\n    runs-on: x\n    steps:\n{list}"), |run, _| {
        let outcomes: Vec<_> = run.job("a").steps.iter().map(|step| step.outcome.word()).collect();
        assert_eq!(outcomes, steps.map(|(_, outcome)| outcome), "{run}");
        assert_eq!(run.job("a").step("list").log, "all/one/a\nall/two/.hidden\nall/two/a\nall/two/sub/b\n");
    });
}

#[test]
fn a_push_needs_the_token_of_a_job_that_may_write() {
    let push = "run: |\n          git clone -q \"$GITHUB_SERVER_URL/$GITHUB_REPOSITORY\" r; cd r; git config user.name A; git config user.email a@b\n          git commit -q --allow-empty -m x; git push -q origin HEAD:refs/heads/$GITHUB_JOB";
    let step = |env: &str| format!("{{ }}\n    runs-on: x\n    steps:\n      - env: {{ {env} }}\n        {push}\n");
    let token = "T: '${{ github.token }}'";
    let jobs = format!(
        "  reads:\n    permissions: {}\n  writes:\n    permissions: {}\n  silent:\n    permissions: {}\n",
        step(token).replacen("{ }", "{ contents: read }", 1),
        step(token).replacen("{ }", "{ contents: write }", 1),
        step("").replacen("{ }", "{ contents: write }", 1),
    );
    with_jobs(&jobs, |run, sandbox| {
        let word = |name: &str| run.job(name).outcome.word();
        assert_eq!(["reads", "writes", "silent"].map(word), ["failure", "success", "failure"], "{run}");
        assert!(run.job("reads").steps[0].log.contains("denied"), "{run}");
        assert!(sandbox.repo("remote").refs().contains_key("refs/heads/writes"));
    });
}

#[test]
fn a_private_repository_is_for_those_who_name_one_token() {
    let sandbox = Sandbox::new();
    let mut hub = Hub::new(&sandbox, &bare(&sandbox));
    hub.serve();
    hub.admit("reader", false);
    hub.admit("writer", true);
    let clone = sandbox.repo("clone");
    clone.git(["commit", "--quiet", "--allow-empty", "-m", "x"]);
    let url = format!("{}/o/r", hub.start("push").github()["server_url"].as_str().unwrap());
    let header = |token: &str| {
        format!("http.extraHeader=Authorization: Basic {}", base64(format!("x-access-token:{token}").as_bytes()))
    };
    let git = |headers: &[&str], args: &[&str]| {
        let headers: Vec<_> = headers.iter().flat_map(|token| ["-c".to_owned(), header(token)]).collect();
        let args = headers.into_iter().chain(args.iter().map(|arg| (*arg).to_owned()));
        let output = sandbox.try_git(clone.path(), args);
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let fetch: &[&str] = &["ls-remote", &url];
    let push: &[&str] = &["push", &url, "HEAD:refs/heads/new"];
    for (headers, args, why) in [
        (&["reader"][..], fetch, ""),
        (&["writer"], fetch, ""),
        (&["writer"], push, ""),
        (&[], fetch, "could not read Username"),
        (&["nobody"], fetch, "could not read Username"),
        (&["reader"], push, "403"),
        (&["reader", "writer"], fetch, "400"),
    ] {
        let (done, said) = git(headers, args);
        assert!(done == why.is_empty() && said.contains(why), "{headers:?} {args:?}: {said}");
    }
}

#[test]
fn a_checkout_leaves_its_credential() {
    let jobs = "  a:\n    permissions: { contents: read }\n    runs-on: x\n    steps:\n      - uses: actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1\n      - name: look\n        run: git rev-parse --is-shallow-repository; cat README; git config --get-regexp extraheader\n";
    with_jobs(jobs, |run, _| {
        let job = run.job("a");
        let header = format!("AUTHORIZATION: basic {}", base64(format!("x-access-token:{}", job.token).as_bytes()));
        assert!(
            job.step("look").log.starts_with("true\nThe template\n") && job.step("look").log.contains(&header),
            "{run}"
        );
    });
}

/// All actions and workflows of the project: their paths and texts.
fn files() -> Vec<(String, String)> {
    let root = Hub::project();
    let list =
        |folder: &str| fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let actions = list("action").into_iter().chain([root.to_owned()]).map(|folder| folder.join("action.yml"));
    let actions = actions.filter(|path| path.exists());
    let found = actions.chain(list(".github/workflows"));
    let text = |path: std::path::PathBuf| (path.display().to_string(), fs::read_to_string(path).unwrap());
    found.map(text).collect()
}

#[test]
fn no_script_is_put_together_from_values() {
    let files = files();
    assert!(files.len() >= 5, "{files:?}");
    for (path, _) in &files {
        let path = std::path::Path::new(path);
        let steps = if path.ends_with("action.yml") {
            load::<Action>(path).runs.steps
        } else {
            load::<Workflow>(path).jobs.into_values().flat_map(|job| job.steps).collect()
        };
        for run in steps.iter().filter_map(|step| step.run.as_deref()) {
            let plain = pieces(run).is_ok_and(|pieces| pieces.iter().all(|piece| matches!(piece, Piece::Text(_))));
            assert!(plain, "{}: an expression in `run:`\n{run}", path.display());
        }
    }
}

#[test]
fn everything_is_described() {
    for (path, _) in files() {
        let path = std::path::Path::new(&path);
        if path.ends_with("action.yml") {
            let action: Action = load(path);
            assert!(!action.name.is_empty() && !action.description.is_empty(), "{}", path.display());
            let inputs = action.inputs.iter().map(|(name, input)| (name, &input.description));
            let all = inputs.chain(action.outputs.iter().map(|(name, output)| (name, &output.description)));
            all.for_each(|(name, text)| assert!(!text.is_empty(), "{}: {name}", path.display()));
            continue;
        }
        let workflow: Workflow = load(path);
        assert!(workflow.name.is_some(), "{}", path.display());
        // Whatever is not asked for is denied.
        let denied = matches!(&workflow.permissions, Some(Permissions::Scopes(scopes)) if scopes.is_empty());
        assert!(denied, "{}: permissions have to be {{}} on top", path.display());
        for (name, job) in &workflow.jobs {
            assert!(
                job.uses.is_some() || job.timeout_minutes.is_some(),
                "{}: {name} may hang for hours",
                path.display()
            );
        }
        for (name, input) in workflow.call().into_iter().flat_map(|call| call.inputs.into_iter().chain(call.secrets)) {
            assert!(!input.description.is_empty(), "{}: {name}", path.display());
        }
    }
}
