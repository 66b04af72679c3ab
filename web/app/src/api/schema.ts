// Generated from openapi/openapi.yaml by web/tools/openapi; not edited by hand.

export interface components {
    schemas: {
        Accepted: {
            /**
             * Format: int64
             * @description how many were stored now
             */
            accepted: number;
            /**
             * Format: int64
             * @description how many had been stored before; they count once
             */
            duplicates: number;
            /** @description those that are stored, duplicates included */
            occurrences: components["schemas"]["AcceptedOccurrence"][];
            /** @description those that were refused, each with its reason */
            rejected: components["schemas"]["Rejected"][];
        };
        AcceptedOccurrence: {
            /** @description What the group is found by: v1: and 32 hexadecimal digits. */
            fingerprint: string;
            /**
             * Format: int64
             * @description of the report in the request, from 0
             */
            index: number;
            /**
             * Format: uuid
             * @description A UUID of version 7, whose time is that of the occurrence.
             */
            occurrence_id: string;
        };
        Bucket: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /**
             * Format: int64
             * @description How many occurrences.
             */
            count: number;
        };
        Bye: {
            /**
             * Format: int64
             * @description When to open the next one.
             */
            after_ms: number;
        };
        BySeverity: {
            /** Format: int64 */
            critical: number;
            /** Format: int64 */
            error: number;
            /** Format: int64 */
            info: number;
            /** Format: int64 */
            warning: number;
        };
        Deploy: {
            /** @description Who started it. */
            actor: string;
            /**
             * Format: int64
             * @description From 1; a repeat under the same id has the next number.
             */
            attempt: number;
            commit: string;
            /**
             * Format: date-time
             * @description When it was first heard of.
             */
            created_at: string;
            /** @description Of the deploy in which it happened, or that it came with. */
            deploy_id: string;
            /** @description Where it ran: production, staging … */
            environment: string;
            /**
             * Format: date-time
             * @description Of this attempt.
             */
            finished_at: string | null;
            /** @description The group that its failure raised or joined; empty for none. */
            group_id: string;
            links: components["schemas"]["Ref"][];
            name: string;
            /** @description In which it ran. */
            namespace: string;
            /**
             * Format: int64
             * @description How many groups at error or worse were first seen in its environment after it and before the next deploy, up to 1,000. Lists and details carry it, events do not.
             */
            new_group_count?: number;
            /** @description Slug of the project. */
            project: string;
            /** @description Branch or tag. */
            ref: string;
            revision: string;
            service: string;
            stages: components["schemas"]["Step"][];
            /**
             * Format: date-time
             * @description Of this attempt.
             */
            started_at: string | null;
            /**
             * @description empty where nobody has said it
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "canceled" | "";
            /** @description What started it: push, schedule, a person … */
            trigger: string;
            /**
             * Format: date-time
             * @description Of the newest update.
             */
            updated_at: string;
            /** @description Where the control plane shows it. */
            url: string;
            /**
             * Format: int64
             * @description raised by every change; the higher one wins, whatever way it came
             */
            version: number;
        };
        DeployDetail: {
            /** @description Read before the rows: the events after it bring the answer up to date. */
            cursor: string;
            deploy: components["schemas"]["Deploy"];
            /** @description Groups that were reported with it, newest first, at most 20. */
            groups: components["schemas"]["Group"][];
            log: components["schemas"]["LogState"];
            /**
             * Format: int64
             * @description How many of those there are, up to 1,000.
             */
            new_group_count: number;
            /** @description Groups at error or worse that were first seen in its environment after it and before the next deploy; newest first, at most 20. */
            new_groups: components["schemas"]["Group"][];
            /** @description The deploy to the same environment after this one. */
            next: components["schemas"]["DeployRef"] | null;
            /** @description The deploy to the same environment before this one. */
            previous: components["schemas"]["DeployRef"] | null;
        };
        DeployLogged: {
            /** @description Of the deploy in which it happened, or that it came with. */
            deploy_id: string;
            ended: boolean;
            /**
             * Format: int64
             * @description Lowest of the new lines; 0 where only the end is new.
             */
            from_seq: number;
            /** @description Slug of the project. */
            project: string;
            /**
             * Format: int64
             * @description Of the last line there is.
             */
            to_seq: number;
        };
        DeployPage: {
            /** @description Read before the rows: the events after it bring the answer up to date. */
            cursor: string;
            deploys: components["schemas"]["Deploy"][];
            /** @description What page is for the next page; empty on the last one. */
            next_page: string;
        };
        DeployRef: {
            /**
             * Format: date-time
             * @description When it started, or was first heard of.
             */
            at: string;
            /** @description Of the deploy in which it happened, or that it came with. */
            deploy_id: string;
            /** @description Where it ran: production, staging … */
            environment: string;
            name: string;
            /** @description Slug of the project. */
            project: string;
            revision: string;
            service: string;
            /**
             * @description empty where nobody has said it
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "canceled" | "";
        };
        DeployTold: {
            /** Format: int64 */
            attempt: number;
            /** @description Of the deploy in which it happened, or that it came with. */
            deploy_id: string;
            /** @description Slug of the project. */
            project: string;
            /** @description As it is now, with this update and those before it. */
            status: string;
            /**
             * Format: date-time
             * @description Of the newest update.
             */
            updated_at: string;
            /**
             * Format: int64
             * @description Raised by every change.
             */
            version: number;
        };
        DeployUpdate: {
            actor?: string;
            /**
             * Format: int64
             * @description A repeat under the same id has the next number: status, times and stages begin anew with it. Missing means the attempt that was current at updated_at.
             */
            attempt?: number;
            commit?: string;
            /**
             * @description Where it ran: production, staging …
             * @example production
             */
            environment?: string;
            /** Format: date-time */
            finished_at?: string;
            links?: components["schemas"]["Ref"][];
            /** @example shop */
            name?: string;
            /** @description In which it ran. */
            namespace?: string;
            /** @example main */
            ref?: string;
            revision?: string;
            service?: string;
            /** @description All of them, as build, push, apply, health; at most 50. */
            stages?: components["schemas"]["StepUpdate"][];
            /** Format: date-time */
            started_at?: string;
            /** @enum {string} */
            status?: "queued" | "running" | "succeeded" | "failed" | "canceled";
            /** @example push */
            trigger?: string;
            /**
             * Format: date-time
             * @description When the control plane knew it: of each field the newest update counts. Missing means now.
             */
            updated_at?: string;
            /** @description http or https. */
            url?: string;
        };
        Event: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            /** @description The whole state that a list or a card needs, never a stack or a payload. With group.removed only what is left to say; with run.logged and deploy.logged which lines are new. */
            data: components["schemas"]["GroupEvent"] | components["schemas"]["GroupRemoved"] | components["schemas"]["Run"] | components["schemas"]["Deploy"] | components["schemas"]["RunLogged"] | components["schemas"]["DeployLogged"];
            /** @description Its position. */
            id: string;
            /** @enum {string} */
            kind: "group.changed" | "group.viewed" | "group.removed" | "run.changed" | "run.logged" | "deploy.changed" | "deploy.logged";
            topics: string[];
            /**
             * Format: int64
             * @description Of the thing in data. The higher one wins, whatever way it came.
             */
            version: number;
        };
        Events: {
            /** @description Go on from here; it also moves over events that are not of these topics. */
            cursor: string;
            /** @description Oldest first. */
            events: components["schemas"]["Event"][];
            /** @description There may be more at once. */
            has_more: boolean;
            /**
             * Format: int64
             * @description How long to pause before the next poll.
             */
            poll_after_ms: number;
            /** @description The position asked for is not one of this log: take a snapshot (feed or list) and go on from cursor. */
            reset: boolean;
        };
        Fault: {
            /** @example links[2].url */
            location: string;
            /** @example expected integer */
            reason: string;
        };
        Feed: {
            active_by_severity: components["schemas"]["BySeverity"];
            /**
             * Format: int64
             * @description How many groups are active in all.
             */
            active_total: number;
            /** @description Read before the rows: the events after it bring the answer up to date. */
            cursor: string;
            groups: components["schemas"]["Group"][];
            totals: components["schemas"]["Totals"][];
        };
        Frame: {
            /** @description As the language names it. */
            file?: string;
            /** @description Name of the function. */
            function?: string;
            /** @description true for code of your own */
            in_app?: boolean;
            /**
             * Format: int64
             * @description From 1.
             */
            line?: number;
            /** @description Package or module of the function. */
            module?: string;
        };
        Group: {
            /**
             * Format: int64
             * @description How many occurrences.
             */
            count: number;
            /** @description The place in the code that failed, where known. */
            culprit: string;
            /** @description Where it ran: production, staging … */
            environment: string;
            /** @description What the group is found by: v1: and 32 hexadecimal digits. */
            fingerprint: string;
            /**
             * Format: date-time
             * @description Time of the first occurrence.
             */
            first_seen_at: string;
            /** @description Of the group. */
            group_id: string;
            /**
             * Format: date-time
             * @description Time of the last occurrence.
             */
            last_seen_at: string;
            /** @description Slug of the project. */
            project: string;
            /**
             * Format: date-time
             * @description When it was put into the feed last; null when it never was.
             */
            raised_at: string | null;
            /**
             * @description Why it was put into the feed last.
             * @enum {string|null}
             */
            raised_reason: "new" | "recurred" | "escalated" | "regressed" | "surged" | null;
            /**
             * Format: int64
             * @description version at the last raise; a view applies when it saw at least this
             */
            raised_version: number;
            refs: components["schemas"]["Ref"][];
            /** @description Version of what ran. */
            release: string;
            /**
             * @description How bad, as the rules decide from level.
             * @enum {string}
             */
            severity: "critical" | "error" | "warning" | "info";
            /** @description Who reported. */
            source: string;
            /**
             * @description active: raised and not yet dismissed. viewed: dismissed by a person. unraised: only in the journal.
             * @enum {string}
             */
            state: "unraised" | "active" | "viewed";
            /** @description First line of the message. */
            title: string;
            /** @description Class of the error. */
            type: string;
            /**
             * Format: int64
             * @description raised by every change; the higher one wins, whatever way it came
             */
            version: number;
            /**
             * Format: date-time
             * @description When it was dismissed last.
             */
            viewed_at: string | null;
            /** @description Who dismissed it. */
            viewed_by: string | null;
        };
        GroupDetail: {
            /** @description Read before the rows: the events after it bring the answer up to date. */
            cursor: string;
            /** @description The newest deploy to its environment that had started when it was first seen; null for none. */
            deploy: components["schemas"]["DeployRef"] | null;
            group: components["schemas"]["Group"];
            /** @description Why these occurrences are one group. */
            grouping: components["schemas"]["Grouping"];
            /** @description When it was raised, viewed and undone, and by whom; newest first. */
            history: components["schemas"]["HistoryEntry"][];
            /** @description The newest one; null where only counts are left. */
            occurrence: components["schemas"]["Occurrence"] | null;
        };
        GroupEvent: {
            /**
             * Format: int64
             * @description How many occurrences.
             */
            count: number;
            /** @description The place in the code that failed, where known. */
            culprit: string;
            /** @description Where it ran: production, staging … */
            environment: string;
            /** @description What the group is found by: v1: and 32 hexadecimal digits. */
            fingerprint: string;
            /**
             * Format: date-time
             * @description Time of the first occurrence.
             */
            first_seen_at: string;
            /** @description Of the group. */
            group_id: string;
            /**
             * Format: date-time
             * @description Time of the last occurrence.
             */
            last_seen_at: string;
            /** @description Slug of the project. */
            project: string;
            /**
             * Format: date-time
             * @description When it was put into the feed last; null when it never was.
             */
            raised_at: string | null;
            /**
             * @description Why it was put into the feed last.
             * @enum {string|null}
             */
            raised_reason: "new" | "recurred" | "escalated" | "regressed" | "surged" | null;
            /**
             * Format: int64
             * @description version at the last raise; a view applies when it saw at least this
             */
            raised_version: number;
            refs: components["schemas"]["Ref"][];
            /** @description Version of what ran. */
            release: string;
            /**
             * @description How bad, as the rules decide from level.
             * @enum {string}
             */
            severity: "critical" | "error" | "warning" | "info";
            /** @description Who reported. */
            source: string;
            /**
             * @description active: raised and not yet dismissed. viewed: dismissed by a person. unraised: only in the journal.
             * @enum {string}
             */
            state: "unraised" | "active" | "viewed";
            /** @description First line of the message. */
            title: string;
            totals: components["schemas"]["Totals"];
            /** @description Class of the error. */
            type: string;
            /**
             * Format: int64
             * @description raised by every change; the higher one wins, whatever way it came
             */
            version: number;
            /**
             * Format: date-time
             * @description When it was dismissed last.
             */
            viewed_at: string | null;
            /** @description Who dismissed it. */
            viewed_by: string | null;
        };
        Grouping: {
            /** @description The frame that failed; empty where none is known. */
            culprit: string;
            /** @description What went into the fingerprint, in that order. */
            parts: components["schemas"]["GroupingPart"][];
            /**
             * @description Whether the reporter's own fingerprint decided.
             * @enum {string}
             */
            rule: "client" | "default";
            /** @description The message with everything that changes taken out. */
            template: string;
            /** @description Class of the error. */
            type: string;
            /**
             * Format: int64
             * @description Of the rules.
             */
            version: number;
        };
        GroupingPart: {
            name: string;
            value: string;
        };
        GroupPage: {
            /** @description Read before the rows: the events after it bring the answer up to date. */
            cursor: string;
            groups: components["schemas"]["Group"][];
            /** @description What page is for the next page; empty on the last one. */
            next_page: string;
        };
        GroupRemoved: {
            /** @description Of the group. */
            group_id: string;
            /** @description Slug of the project. */
            project: string;
            totals: components["schemas"]["Totals"];
            /** Format: int64 */
            version: number;
        };
        Health: {
            /** @enum {string} */
            status: "ok";
        };
        Hello: {
            /** @description Topics that it does not: out of reach, missing or misspelt. */
            denied: string[];
            /** @description Where this stream goes on. */
            from: string;
            /** @description Topics that this stream carries. */
            granted: string[];
            /** @description Where the log ends now. */
            head: string;
            /**
             * Format: int64
             * @description How often a ping comes.
             */
            heartbeat_ms: number;
        };
        Histogram: {
            /** @description Every step from from to to, those without occurrences too; at most 2,400. */
            buckets: components["schemas"]["Bucket"][];
            /** Format: date-time */
            from: string;
            /** @enum {string} */
            step: "minute" | "hour" | "day";
            /** Format: date-time */
            to: string;
        };
        HistoryEntry: {
            /** @enum {string} */
            action: "raised" | "viewed" | "undone";
            actor: string;
            /**
             * Format: date-time
             * @description When.
             */
            at: string;
            reason: string;
            /** Format: int64 */
            version: number;
        };
        IngestExample: {
            /** @description Only for the local user of a development start. */
            token?: string;
            url: string;
        };
        LogAppended: {
            /**
             * Format: int64
             * @description how many were stored now
             */
            accepted: number;
            /**
             * Format: int64
             * @description how many were there already, by their seq
             */
            duplicates: number;
            ended: boolean;
            /** Format: int64 */
            to_seq: number;
        };
        LogLine: {
            /**
             * Format: date-time
             * @description When.
             */
            at: string | null;
            /** @description critical, error, warning or info; empty where none was given. */
            level: string;
            /** @description A place to jump to: the beginning of a step, a failure. */
            marker: boolean;
            /**
             * Format: int64
             * @description Place in the log, from 1.
             */
            seq: number;
            text: string;
        };
        LogLines: {
            /** @description Nothing comes after these lines. */
            ended?: boolean;
            lines?: components["schemas"]["LogLineSent"][];
        };
        LogLineSent: {
            /**
             * Format: date-time
             * @description When.
             */
            at?: string;
            /**
             * @description A word or number, as in a report.
             * @example error
             * @example 3
             */
            level?: string | number;
            /** @description Whether it is a place to jump to. */
            marker?: boolean;
            /**
             * Format: int64
             * @description Place in the log: a line that is there already stays as it is.
             */
            seq: number;
            /** @description At most 16 KiB are kept. */
            text?: string;
        };
        LogPage: {
            /** @description Nothing comes after to_seq. */
            ended: boolean;
            has_more: boolean;
            lines: components["schemas"]["LogLine"][];
            /**
             * Format: int64
             * @description Of the last line that is there.
             */
            to_seq: number;
        };
        LogState: {
            ended: boolean;
            /**
             * Format: int64
             * @description Of the last line; 0 for a log without lines.
             */
            to_seq: number;
        };
        Me: {
            ingest_example: components["schemas"]["IngestExample"];
            /** @enum {string} */
            kind: "local" | "session" | "staff_token" | "bearer";
            /** @description Where people sign in: open it as a page, with the path to come back to as ?next=. Missing where nobody can. */
            login_url?: string;
            /** @description Where to POST a form to sign out. Missing for who has no session to end. */
            logout_url?: string;
            projects: components["schemas"]["MyProject"][];
            user: components["schemas"]["MyUser"];
            /** @description Of the server. */
            version: string;
        };
        MyProject: {
            /** @description Addresses by kind of ref (run, deploy, task, namespace, job), with {id} in place of the id. */
            link_templates: {
                [key: string]: string;
            };
            name: string;
            /** @description Slug of the project. */
            project: string;
        };
        MyUser: {
            id: string;
            /** @description What others see under viewed_by. */
            name: string;
        };
        Occurrence: {
            /** @description Ties together what belongs to one request or piece of work. */
            correlation_id: string;
            /** @description Of the deploy in which it happened, or that it came with. */
            deploy_id: string;
            /** @description Where it ran: production, staging … */
            environment: string;
            /** @description What the group is found by: v1: and 32 hexadecimal digits. */
            fingerprint: string;
            frames: components["schemas"]["Frame"][];
            /** @description Name of the job. */
            job: string;
            /** @description How bad, as the reporter said. */
            level: string;
            links: components["schemas"]["Ref"][];
            /** @description What went wrong, without secrets. */
            message: string;
            /** @description In which it ran. */
            namespace: string;
            /**
             * Format: date-time
             * @description When it happened.
             */
            occurred_at: string;
            /** @description A UUID of version 7, whose time is that of the occurrence. */
            occurrence_id: string;
            payload: unknown;
            /** @description Slug of the project. */
            project: string;
            /**
             * Format: date-time
             * @description When the report came.
             */
            received_at: string;
            /** @description Version of what ran. */
            release: string;
            /** @description what was redacted where, never the value */
            removed: components["schemas"]["Removal"][];
            report_id: string;
            /** @description Of the run in which it happened. */
            run_id: string;
            /** @description true where only the count was kept */
            sampled: boolean;
            /**
             * @description How bad, as the rules decide from level.
             * @enum {string}
             */
            severity: "critical" | "error" | "warning" | "info";
            /** @description fields that were longer than is kept */
            shortened: string[];
            /** @description Who reported. */
            source: string;
            /** @description Text of the stack. */
            stack: string;
            tags: {
                [key: string]: string;
            };
            /** @description Of the task in which it happened. */
            task_id: string;
            /** @description Of the distributed trace. */
            trace_id: string;
            /** @description Class of the error. */
            type: string;
        };
        Occurrences: {
            /** @description Empty on the last page. */
            next_page: string;
            occurrences: components["schemas"]["Occurrence"][];
        };
        Problem: {
            /** @description what is wrong, for people */
            detail?: string;
            /** @description the fields at fault; never their values */
            errors?: components["schemas"]["Fault"][];
            /** @description with 401, where people can sign in: open it as a page, with the path to come back to as ?next= */
            login_url?: string;
            /** @description of POST /v1/reports: every report and why it was refused */
            rejected?: components["schemas"]["Rejected"][];
            /** @description also in the header X-Request-Id; the server's log has it */
            request_id?: string;
            /**
             * Format: int64
             * @example 422
             */
            status: number;
            /**
             * @description First line of the message.
             * @example Unprocessable Entity
             */
            title: string;
            /**
             * @description always about:blank: the status says what kind of problem it is
             * @example about:blank
             */
            type: string;
        };
        Ref: {
            id: string;
            /** @description run, deploy, task, namespace, job, correlation or link */
            kind: string;
            /** @description empty where the page makes the link from a template of the project */
            url: string;
        };
        Rejected: {
            /**
             * Format: int64
             * @description of the report in the request, from 0
             */
            index: number;
            problem: components["schemas"]["Problem"];
        };
        Removal: {
            /**
             * Format: int64
             * @description How many occurrences.
             */
            count: number;
            kind: string;
            path: string;
        };
        /** @description What a job reports. Only `message` is required. Strings longer than is kept are shortened after secrets were removed. */
        Report: {
            /** @description Ties together what belongs to one request or piece of work. */
            correlation_id?: string;
            /** @description Of the deploy in which it happened, or that it came with. */
            deploy_id?: string;
            /**
             * @description Where it ran: production, staging …
             * @example production
             */
            environment?: string;
            /** @description your own grouping; parts may hold {{ default }}, {{ type }}, {{ message }}, {{ level }}, {{ tags.x }} */
            fingerprint?: string[];
            /** @description the stack in parts, most recent call last; at most 200 */
            frames?: components["schemas"]["Frame"][];
            /** @description Name of the job. */
            job?: string;
            /**
             * @description How bad, in a word (fatal, error, warn, info …) or a number, as a number or as text: 0 to 7 are syslog's (0 emergency … 7 debug), 8 to 24 OpenTelemetry's severity numbers. Anything else, or none, is an error.
             * @example error
             * @example 3
             */
            level?: string | number;
            /** @description at most 10; a URL that is not http or https is left out */
            links?: components["schemas"]["Ref"][];
            /**
             * @description what went wrong; its first line becomes the title
             * @example dial tcp 10.0.0.7:5432: connect: connection refused
             */
            message: string;
            /** @description In which it ran. */
            namespace?: string;
            /**
             * Format: date-time
             * @description when it happened; missing means now
             */
            occurred_at?: string;
            /** @description any JSON; unknown members of the report are put here too */
            payload?: unknown;
            /**
             * @description Version of what ran.
             * @example 2026.11.3
             */
            release?: string;
            /** @description your id; a repeat with the same id is counted once */
            report_id?: string;
            /** @description Of the run in which it happened. */
            run_id?: string;
            /**
             * @description who reports
             * @example billing-worker
             */
            source?: string;
            /** @description text of the stack, as the language prints it */
            stack?: string;
            /** @description at most 50 */
            tags?: {
                [key: string]: string;
            };
            /** @description Of the task in which it happened. */
            task_id?: string;
            /** @description Of the distributed trace. */
            trace_id?: string;
            /**
             * @description class of the error
             * @example ConnectError
             */
            type?: string;
        } & {
            [key: string]: unknown;
        };
        Reports: {
            reports: components["schemas"]["Report"][];
        } & {
            [key: string]: unknown;
        };
        Reset: {
            /** @description Where this stream goes on. */
            head: string;
        };
        Run: {
            /** @description Who started it. */
            actor: string;
            /**
             * Format: int64
             * @description From 1; a repeat under the same id has the next number.
             */
            attempt: number;
            commit: string;
            /**
             * Format: date-time
             * @description When it was first heard of.
             */
            created_at: string;
            /** @description The deploy that it belongs to. */
            deploy_id: string;
            /**
             * Format: date-time
             * @description Of this attempt.
             */
            finished_at: string | null;
            /** @description The group that its failure raised or joined; empty for none. */
            group_id: string;
            links: components["schemas"]["Ref"][];
            name: string;
            /** @description Slug of the project. */
            project: string;
            /** @description Branch or tag. */
            ref: string;
            /** @description Of the run in which it happened. */
            run_id: string;
            /**
             * Format: date-time
             * @description Of this attempt.
             */
            started_at: string | null;
            /**
             * @description empty where nobody has said it
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "canceled" | "";
            steps: components["schemas"]["Step"][];
            /** @description What started it: push, schedule, a person … */
            trigger: string;
            /**
             * Format: date-time
             * @description Of the newest update.
             */
            updated_at: string;
            /** @description Where the control plane shows it. */
            url: string;
            /**
             * Format: int64
             * @description raised by every change; the higher one wins, whatever way it came
             */
            version: number;
        };
        RunDetail: {
            /** @description Read before the rows: the events after it bring the answer up to date. */
            cursor: string;
            /** @description Groups that it reported to, newest first, at most 20. */
            groups: components["schemas"]["Group"][];
            log: components["schemas"]["LogState"];
            run: components["schemas"]["Run"];
        };
        RunLogged: {
            ended: boolean;
            /**
             * Format: int64
             * @description Lowest of the new lines; 0 where only the end is new.
             */
            from_seq: number;
            /** @description Slug of the project. */
            project: string;
            /** @description Of the run in which it happened. */
            run_id: string;
            /**
             * Format: int64
             * @description Of the last line there is.
             */
            to_seq: number;
        };
        RunPage: {
            /** @description Read before the rows: the events after it bring the answer up to date. */
            cursor: string;
            /** @description What page is for the next page; empty on the last one. */
            next_page: string;
            runs: components["schemas"]["Run"][];
        };
        RunTold: {
            /** Format: int64 */
            attempt: number;
            /** @description Slug of the project. */
            project: string;
            /** @description Of the run in which it happened. */
            run_id: string;
            /** @description As it is now, with this update and those before it. */
            status: string;
            /**
             * Format: date-time
             * @description Of the newest update.
             */
            updated_at: string;
            /**
             * Format: int64
             * @description Raised by every change.
             */
            version: number;
        };
        RunUpdate: {
            actor?: string;
            /**
             * Format: int64
             * @description A repeat under the same id has the next number: status, times and steps begin anew with it. Missing means the attempt that was current at updated_at.
             */
            attempt?: number;
            commit?: string;
            /** @description The deploy that it belongs to. */
            deploy_id?: string;
            /** Format: date-time */
            finished_at?: string;
            links?: components["schemas"]["Ref"][];
            /** @example nightly-import */
            name?: string;
            /** @example main */
            ref?: string;
            /** Format: date-time */
            started_at?: string;
            /** @enum {string} */
            status?: "queued" | "running" | "succeeded" | "failed" | "canceled";
            /** @description All of them; at most 50. */
            steps?: components["schemas"]["StepUpdate"][];
            /** @example schedule */
            trigger?: string;
            /**
             * Format: date-time
             * @description When the control plane knew it: of each field the newest update counts. Missing means now.
             */
            updated_at?: string;
            /** @description http or https. */
            url?: string;
        };
        Step: {
            /** Format: date-time */
            finished_at: string | null;
            name: string;
            /** Format: date-time */
            started_at: string | null;
            /**
             * @description empty where nobody has said it
             * @enum {string}
             */
            status: "queued" | "running" | "succeeded" | "failed" | "canceled" | "";
        };
        StepUpdate: {
            /** Format: date-time */
            finished_at?: string;
            name?: string;
            /** Format: date-time */
            started_at?: string;
            /** @enum {string} */
            status?: "queued" | "running" | "succeeded" | "failed" | "canceled";
        };
        Ticket: {
            /**
             * Format: date-time
             * @description Until when it opens a stream, at most 30 seconds from now. A stream that is open goes on.
             */
            expires_at: string;
            /** @description For the query of GET /v1/events/stream, once. */
            ticket: string;
        };
        Totals: {
            /** Format: int64 */
            critical: number;
            /** Format: int64 */
            error: number;
            /** Format: int64 */
            info: number;
            /** @description Slug of the project. */
            project: string;
            /** Format: int64 */
            version: number;
            /** Format: int64 */
            warning: number;
        };
        UndoCommand: {
            /**
             * Format: int64
             * @description The version of the group that the view gave it, or any later one.
             */
            version: number;
        };
        ViewCommand: {
            /**
             * Format: int64
             * @description The version of the group that the person saw. If it was raised again since, nothing changes.
             */
            through: number;
        };
        ViewMany: {
            /** @description a position at or after the events of this command */
            cursor: string;
            view_id: string;
            /**
             * Format: int64
             * @description how many groups the command was applied to
             */
            viewed: number;
        };
        ViewManyCommand: {
            /** @description Ties together what belongs to one request or piece of work. */
            correlation_id?: string;
            /** @description Of the deploy in which it happened, or that it came with. */
            deploy_id?: string;
            /** @description Where it ran: production, staging … */
            environment?: string;
            /** @description What the group is found by: v1: and 32 hexadecimal digits. */
            fingerprint?: string;
            /** @description Name of the job. */
            job?: string;
            /** @description In which it ran. */
            namespace?: string;
            /** @description One or more, in a list or with commas between. */
            project?: string | string[];
            q?: string;
            /** @description Version of what ran. */
            release?: string;
            /** @description Of the run in which it happened. */
            run_id?: string;
            /** @description One or more, in a list or with commas between. */
            severity?: string | string[];
            /** Format: date-time */
            since?: string;
            /** @description Who reported. */
            source?: string;
            /** @description One or more, in a list or with commas between. */
            state?: string | string[];
            /** @description Of the task in which it happened. */
            task_id?: string;
            /** @description The cursor of what the person saw: groups raised after it are left alone. */
            through_cursor: string;
            /** Format: date-time */
            until?: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
