package redact

import "math/bits"

// Many services give their tokens a prefix so that they can be found. A provider
// rule is that prefix, the bytes that may follow it, and how many of them there
// are at least. The match takes every following byte of the charset: a token
// that grew longer since the rule was written is still taken whole.
type provider struct {
	prefix string
	kind   string
	set    uint8 // charset of what follows the prefix
	min    int   // least number of bytes after the prefix
	test   uint8 // what the bytes after the prefix must look like besides
}

// Tests of the bytes after a prefix.
const (
	anyShape  = 0
	digitIn   = 1 // at least one digit: keeps identifiers such as hf_required… out
	upperHex  = 2 // only A-Z and 0-9
	mixedIn   = 3 // a digit and letters of both cases, without a long word
	exactSize = 4 // no more than min bytes; may be added to another test
)

// The table is grouped by what the token opens. Kinds are families, so that a
// metric by kind stays small.
var providers = []provider{
	// Rynda's own.
	{"ryi_", "rynda-token", csWord, 16, anyShape},
	{"rys_", "rynda-token", csWord, 16, anyShape},
	{"ryt_", "rynda-token", csWord, 16, anyShape},

	// Clouds.
	{"AKIA", "aws-key", csAlnum, 16, upperHex},
	{"ASIA", "aws-key", csAlnum, 16, upperHex},
	{"ABIA", "aws-key", csAlnum, 16, upperHex},
	{"ACCA", "aws-key", csAlnum, 16, upperHex},
	{"A3T", "aws-key", csAlnum, 17, upperHex},
	{"ABSK", "aws-key", csBase, 60, digitIn},
	{"bedrock-api-key-", "aws-key", csBase, 12, anyShape},
	{"amzn.mws.", "aws-key", csWord, 30, anyShape},
	{"amzn1.oa2-cs.v1.", "aws-key", csHex, 32, anyShape},
	{"AIza", "google-key", csWord, 30, anyShape},
	{"ya29.", "google-key", csDot, 20, anyShape},
	{"APA91b", "google-key", csWord, 80, anyShape},
	{"GOCSPX-", "google-key", csWord, 20, anyShape},
	{"GOOG1E", "google-key", csAlnum, 40, upperHex},
	{"1//0", "google-key", csWord, 30, mixedIn},
	{"LTAI", "alibaba-key", csAlnum, 12, digitIn},
	{"AQVN", "yandex-key", csWord, 30, digitIn},
	{"YC", "yandex-key", csWord, 36, mixedIn | exactSize},
	{"t1.", "yandex-key", csBase, 60, mixedIn},
	{"y0_", "yandex-key", csWord, 40, digitIn},
	{"AKID", "tencent-key", csAlnum, 28, mixedIn},
	{"dop_v1_", "digitalocean-token", csHex, 32, anyShape},
	{"doo_v1_", "digitalocean-token", csHex, 32, anyShape},
	{"dor_v1_", "digitalocean-token", csHex, 32, anyShape},
	{"v1.0-", "cloudflare-key", csWord, 60, anyShape},
	{"HRKU-", "heroku-key", csWord, 30, anyShape},
	{"tk-us-", "scalingo-token", csWord, 40, anyShape},
	{"fo1_", "fly-token", csWord, 30, anyShape},
	{"fm1_", "fly-token", csBase, 60, anyShape},
	{"fm1a_", "fly-token", csBase, 60, anyShape},
	{"fm1r_", "fly-token", csBase, 60, anyShape},
	{"fm2_", "fly-token", csBase, 60, anyShape},
	{"nfp_", "netlify-token", csAlnum, 30, digitIn},
	{"rnd_", "render-token", csAlnum, 24, mixedIn},
	{"pscale_tkn_", "planetscale-token", csBase, 20, anyShape},
	{"pscale_pw_", "planetscale-token", csBase, 20, anyShape},
	{"pscale_oauth_", "planetscale-token", csBase, 20, anyShape},
	{"AVNS_", "aiven-key", csWord, 16, anyShape},
	{"CCDB1_", "cockroach-key", csWord, 20, anyShape},
	{"napi_", "neon-key", csAlnum, 40, digitIn},
	{"sbp_", "supabase-key", csWord, 30, digitIn},
	{"sb_secret_", "supabase-key", csWord, 16, anyShape},
	{"4b1d", "clickhouse-key", csAlnum, 38, mixedIn | exactSize},
	{"dapi", "databricks-token", csWord, 32, digitIn},

	// Code, packages, builds.
	{"ghp_", "github-token", csAlnum, 24, anyShape},
	{"gho_", "github-token", csAlnum, 24, anyShape},
	{"ghu_", "github-token", csAlnum, 24, anyShape},
	{"ghs_", "github-token", csAlnum, 24, anyShape},
	{"ghr_", "github-token", csAlnum, 24, anyShape},
	{"github_pat_", "github-token", csWord, 24, anyShape},
	{"glpat-", "gitlab-token", csDot, 16, anyShape},
	{"gldt-", "gitlab-token", csDot, 16, anyShape},
	{"glrt-", "gitlab-token", csDot, 16, anyShape},
	{"glrtr-", "gitlab-token", csDot, 16, anyShape},
	{"glptt-", "gitlab-token", csDot, 20, anyShape},
	{"glft-", "gitlab-token", csDot, 16, anyShape},
	{"glimt-", "gitlab-token", csDot, 16, anyShape},
	{"glagent-", "gitlab-token", csDot, 30, digitIn},
	{"gloas-", "gitlab-token", csDot, 30, anyShape},
	{"glcbt-", "gitlab-token", csDot, 16, anyShape},
	{"glsoat-", "gitlab-token", csDot, 16, anyShape},
	{"glffct-", "gitlab-token", csDot, 16, anyShape},
	{"glwt-", "gitlab-token", csDot, 16, anyShape},
	{"GR1348941", "gitlab-token", csWord, 16, anyShape},
	{"ATATT3", "atlassian-token", csBase, 60, anyShape},
	{"ATCTT3", "atlassian-token", csBase, 60, anyShape},
	{"ATBB", "atlassian-token", csBase, 24, mixedIn},
	{"npm_", "npm-token", csAlnum, 30, digitIn},
	{"pypi-", "pypi-token", csWord, 50, mixedIn},
	{"rubygems_", "rubygems-token", csHex, 40, anyShape},
	{"oy2", "nuget-key", csAlnum, 43, digitIn | exactSize},
	{"CLOJARS_", "clojars-token", csAlnum, 40, anyShape},
	{"dckr_pat_", "docker-token", csWord, 20, anyShape},
	{"dckr_oat_", "docker-token", csWord, 20, anyShape},
	{"AKCp", "artifactory-key", csAlnum, 60, digitIn},
	{"cmVmd", "artifactory-key", csAlnum, 54, digitIn},
	{"CCIPAT_", "circleci-token", csWord, 24, anyShape},
	{"CCIPRJ_", "circleci-token", csWord, 24, anyShape},
	{"bkua_", "buildkite-token", csAlnum, 30, digitIn},
	{"sqp_", "sonar-token", csAlnum, 30, digitIn},
	{"squ_", "sonar-token", csAlnum, 30, digitIn},
	{"sqa_", "sonar-token", csAlnum, 30, digitIn},
	{"sgp_", "sourcegraph-token", csWord, 40, digitIn},
	{"slk_", "sourcegraph-token", csHex, 40, digitIn},
	{"pul-", "pulumi-token", csHex, 40, digitIn | exactSize},
	{"pnu_", "prefect-key", csAlnum, 30, digitIn},
	{"API-", "octopus-key", csAlnum, 26, upperHex},
	{"pat.", "harness-key", csDot, 50, digitIn},
	{"sat.", "harness-key", csDot, 50, digitIn},
	{"ico-", "infracost-key", csAlnum, 32, mixedIn | exactSize},
	{"vcp_", "vercel-token", csAlnum, 24, mixedIn},
	{"vck_", "vercel-token", csAlnum, 24, mixedIn},
	{"figd_", "figma-token", csWord, 30, anyShape},
	{"PMAK-", "postman-key", csWord, 50, digitIn},
	{"lin_api_", "linear-key", csAlnum, 30, anyShape},
	{"lin_oauth_", "linear-key", csAlnum, 30, anyShape},
	{"ntn_", "notion-key", csAlnum, 40, digitIn},
	{"secret_", "notion-key", csAlnum, 40, mixedIn},
	{"rdme_", "readme-key", csAlnum, 60, digitIn},
	{"CFPAT-", "contentful-key", csWord, 40, anyShape},
	{"pat-na1-", "hubspot-key", csWord, 30, digitIn},
	{"pat-eu1-", "hubspot-key", csWord, 30, digitIn},
	{"PuTTY-User-Key-File-", kindPrivateKey, csWord, 1, 0},

	// Vaults, keys, networks.
	{"hvs.", "vault-token", csWord, 20, digitIn},
	{"hvb.", "vault-token", csWord, 20, digitIn},
	{"hvr.", "vault-token", csWord, 20, digitIn},
	{"s.", "vault-token", csAlnum, 24, mixedIn | exactSize},
	{"A3-", "1password-key", csWord, 32, upperHex},
	{"ops_eyJ", "1password-key", csBase, 40, digitIn},
	{"AGE-SECRET-KEY-1", "age-key", csAlnum, 40, anyShape},
	{"dp.pt.", "doppler-token", csAlnum, 40, anyShape},
	{"dp.st.", "doppler-token", csDot, 40, anyShape},
	{"dp.ct.", "doppler-token", csAlnum, 40, anyShape},
	{"dp.sa.", "doppler-token", csAlnum, 40, anyShape},
	{"dp.scim.", "doppler-token", csAlnum, 40, anyShape},
	{"dp.audit.", "doppler-token", csAlnum, 40, anyShape},
	{"dnkey-", "defined-key", csBase, 30, digitIn},
	{"tskey-", "tailscale-key", csWord, 20, digitIn},
	{"sha256~", "openshift-token", csWord, 40, anyShape},
	{"sc_", "authress-key", csDot, 60, digitIn},
	{"ext_", "authress-key", csDot, 60, digitIn},
	{"scauth_", "authress-key", csDot, 60, digitIn},
	{"authress_", "authress-key", csDot, 60, digitIn},
	{"api_live.", "onfido-key", csWord, 20, digitIn},
	{"whsec_", "webhook-secret", csBase, 20, digitIn},

	// Watching.
	{"sntrys_", "sentry-token", csBase, 60, anyShape},
	{"sntryu_", "sentry-token", csHex, 40, anyShape},
	{"sntrya_", "sentry-token", csHex, 40, anyShape},
	{"glc_", "grafana-token", csBase, 32, digitIn},
	{"glsa_", "grafana-token", csWord, 32, anyShape},
	{"eyJrIjoi", "grafana-token", csBase, 60, anyShape},
	{"NRAK-", "newrelic-key", csAlnum, 24, anyShape},
	{"NRJS-", "newrelic-key", csAlnum, 16, digitIn},
	{"NRII-", "newrelic-key", csWord, 24, anyShape},
	{"NRIQ-", "newrelic-key", csWord, 24, anyShape},
	{"NRRA-", "newrelic-key", csHex, 32, anyShape},
	{"dt0c01.", "dynatrace-token", csDot, 60, anyShape},
	{"dt0s01.", "dynatrace-token", csDot, 60, anyShape},
	{"phx_", "posthog-key", csAlnum, 30, digitIn},
	{"phc_", "posthog-key", csAlnum, 30, digitIn},
	{"hcaik_", "honeycomb-key", csAlnum, 40, digitIn},
	{"rootly_", "rootly-key", csHex, 40, digitIn},

	// Messages.
	{"xoxb-", "slack-token", csWord, 12, digitIn},
	{"xoxp-", "slack-token", csWord, 12, digitIn},
	{"xoxa-", "slack-token", csWord, 10, digitIn},
	{"xoxr-", "slack-token", csWord, 10, digitIn},
	{"xoxs-", "slack-token", csWord, 12, digitIn},
	{"xoxo-", "slack-token", csWord, 12, digitIn},
	{"xoxc-", "slack-token", csWord, 12, digitIn},
	{"xoxd-", "slack-token", csBase, 12, digitIn},
	{"xoxe-", "slack-token", csWord, 20, digitIn},
	{"xoxe.xox", "slack-token", csWord, 20, digitIn},
	{"xapp-", "slack-token", csWord, 20, digitIn},
	{"SG.", "sendgrid-key", csBase, 60, digitIn},
	{"xkeysib-", "brevo-key", csWord, 40, anyShape},
	{"xsmtpsib-", "brevo-key", csWord, 40, anyShape},
	{"key-", "mailgun-key", csAlnum, 32, digitIn | exactSize},
	{"SK", "twilio-key", csHex, 32, digitIn | exactSize},
	{"mfa.", "discord-token", csWord, 60, digitIn},
	{"re_", "resend-key", csWord, 24, mixedIn},
	{"os_v2_app_", "onesignal-key", csAlnum, 60, anyShape},
	{"nyk_v0_", "nylas-key", csAlnum, 40, anyShape},

	// Money and trade.
	{"sk_live_", "stripe-key", csAlnum, 10, anyShape},
	{"sk_test_", "stripe-key", csAlnum, 10, anyShape},
	{"sk_prod_", "stripe-key", csAlnum, 10, anyShape},
	{"rk_live_", "stripe-key", csAlnum, 10, anyShape},
	{"rk_test_", "stripe-key", csAlnum, 10, anyShape},
	{"rk_prod_", "stripe-key", csAlnum, 10, anyShape},
	{"sk_", "secret-key", csAlnum, 24, digitIn},
	{"sk_sbox_", "checkout-key", csWord, 20, anyShape},
	{"shpat_", "shopify-token", csHex, 32, anyShape},
	{"shpca_", "shopify-token", csHex, 32, anyShape},
	{"shppa_", "shopify-token", csHex, 32, anyShape},
	{"shpss_", "shopify-token", csHex, 32, anyShape},
	{"sq0atp-", "square-token", csWord, 20, anyShape},
	{"sq0csp-", "square-token", csWord, 20, anyShape},
	{"EAAA", "square-token", csWord, 56, digitIn},
	{"EAA", "facebook-token", csAlnum, 60, mixedIn},
	{"access_token$production$", "paypal-token", csBase, 20, anyShape},
	{"access-sandbox-", "plaid-token", csWord, 30, digitIn},
	{"access-production-", "plaid-token", csWord, 30, digitIn},
	{"FLWSECK", "flutterwave-key", csWord, 12, anyShape},
	{"FLWPUBK", "flutterwave-key", csWord, 12, anyShape},
	{"rzp_live_", "razorpay-key", csAlnum, 12, anyShape},
	{"rzp_test_", "razorpay-key", csAlnum, 12, anyShape},
	{"duffel_test_", "duffel-token", csBase, 30, anyShape},
	{"duffel_live_", "duffel-token", csBase, 30, anyShape},
	{"EZAK", "easypost-key", csAlnum, 54, digitIn | exactSize},
	{"EZTK", "easypost-key", csAlnum, 54, digitIn | exactSize},
	{"shippo_live_", "shippo-token", csHex, 30, anyShape},
	{"shippo_test_", "shippo-token", csHex, 30, anyShape},
	{"sm_aat_", "settlemint-token", csAlnum, 14, anyShape},
	{"sm_pat_", "settlemint-token", csAlnum, 14, anyShape},
	{"sm_sat_", "settlemint-token", csAlnum, 14, anyShape},

	// Models and media.
	{"sk-proj-", "openai-key", csWord, 20, anyShape},
	{"sk-svcacct-", "openai-key", csWord, 20, anyShape},
	{"sk-admin-", "openai-key", csWord, 20, anyShape},
	{"sk-ant-", "anthropic-key", csWord, 20, anyShape},
	{"sk-or-v1-", "openrouter-key", csHex, 40, anyShape},
	{"sk-lf-", "langfuse-key", csWord, 30, digitIn},
	{"sk-", "openai-key", csAlnum, 20, digitIn},
	{"hf_", "huggingface-token", csAlnum, 30, anyShape},
	{"api_org_", "huggingface-token", csAlnum, 30, anyShape},
	{"gsk_", "groq-key", csAlnum, 40, digitIn},
	{"xai-", "xai-key", csAlnum, 60, digitIn},
	{"r8_", "replicate-token", csAlnum, 30, digitIn},
	{"pplx-", "perplexity-key", csAlnum, 40, digitIn},
	{"nvapi-", "nvidia-key", csWord, 50, digitIn},
	{"tvly-", "tavily-key", csWord, 24, digitIn},
	{"pcsk_", "pinecone-key", csWord, 40, digitIn},
	{"lsv2_", "langsmith-key", csWord, 40, digitIn},
	{"csk-", "cerebras-key", csAlnum, 40, digitIn},
	{"tgp_v1_", "together-key", csWord, 30, digitIn},
	{"e2b_", "e2b-key", csHex, 40, digitIn},
	{"fc-", "firecrawl-key", csHex, 32, digitIn | exactSize},
	{"sk.eyJ", "mapbox-token", csDot, 40, anyShape},
	{"fio-u-", "frameio-token", csBase, 40, anyShape},
	{"tfp_", "typeform-token", csBase, 40, anyShape},
	{"live_", "live-key", csAlnum, 32, digitIn},
	{"test_", "live-key", csHex, 32, digitIn | exactSize},
	{"p8e-", "adobe-key", csHex, 32, digitIn},
	{"s-s4t2ud-", "intra42-secret", csHex, 40, anyShape},
	{"s-s4t2af-", "intra42-secret", csHex, 40, anyShape},
	{"aio_", "adafruit-key", csAlnum, 26, digitIn},
	{"waka_", "wakatime-key", csWord, 30, digitIn},
	{"sl.", "dropbox-token", csWord, 100, mixedIn},
	{"ion_", "ionic-token", csAlnum, 40, digitIn},
	{"sdk-", "launchdarkly-key", csWord, 36, digitIn | exactSize},
	{"pat", "airtable-token", csDot, 70, digitIn},
}

// providerIndex maps the first two bytes of a word to the rules that begin with
// them, longest prefix first; 0 is the empty list. It is a hash of the bytes'
// low bits, so the prefix itself is compared as well.
var providerIndex, providerLists = func() ([1 << 12]uint8, [][]*provider) {
	var index [1 << 12]uint8
	lists := [][]*provider{nil}
	for i := range providers {
		p := &providers[i]
		h := pairHash(p.prefix[0], p.prefix[1])
		if index[h] == 0 {
			index[h] = uint8(len(lists))
			lists = append(lists, nil)
		}
		list := lists[index[h]]
		at := 0
		for at < len(list) && len(list[at].prefix) >= len(p.prefix) {
			at++
		}
		list = append(list, nil)
		copy(list[at+1:], list[at:])
		list[at] = p
		lists[index[h]] = list
	}
	return index, lists
}()

func pairHash(a, b byte) int { return int(a&63)<<6 | int(b&63) }

// run remembers a run of bytes of one charset: where it ends, and which tests of
// provider rules it fails from any point of it on.
type run struct {
	end    int
	barren uint8 // bit n: test n fails
}

// provider matches the provider rules at position i of the text; it returns the
// end of the token and its kind, or 0. A run that a rule has looked at in vain is
// remembered, so that the next prefix inside it costs nothing.
func (z *scanner) provider(i int) (end int, kind string) {
	s := z.s
	if i+2 >= len(s) {
		return 0, ""
	}
	for _, p := range providerLists[providerIndex[pairHash(s[i], s[i+1])]] {
		n := len(p.prefix)
		if len(s)-i < n+p.min || s[i+n-1] != p.prefix[n-1] || s[i:i+n] != p.prefix {
			continue
		}
		from := i + n
		test := p.test &^ exactSize
		memo := &z.runs[bits.TrailingZeros8(p.set)]
		if from < memo.end && (memo.end-from < p.min || memo.barren&(1<<test) != 0) {
			continue
		}
		to := from
		var seen uint8
		for to < len(s) && charsets[s[to]]&p.set != 0 {
			seen |= classes[s[to]]
			to++
			if p.test&exactSize != 0 && to-from > p.min || test == upperHex && seen&isLower != 0 {
				break
			}
		}
		whole := to >= len(s) || charsets[s[to]]&p.set == 0
		if whole && to > memo.end {
			*memo = run{end: to}
		}
		if to-from < p.min || p.test&exactSize != 0 && to-from != p.min {
			continue
		}
		ok := true
		switch test {
		case digitIn:
			ok = seen&isDigit != 0
		case mixedIn:
			ok = seen&isDigit != 0 && seen&isLower != 0 && seen&isUpper != 0 &&
				shapeOf(s[from:min(to, from+64)]).longest <= 10 // not s.ReadUint16LengthPrefixed
		case upperHex:
			ok = seen&isLower == 0 && (seen&isDigit != 0 || p.prefix == "AKIA" || rareLetters(s[from:min(to, from+64)])) &&
				(p.min >= 20 || to-from == p.min)
		}
		if !ok {
			if whole && to == memo.end && test != upperHex {
				memo.barren |= 1 << test
			}
			continue
		}
		for to > from && (s[to-1] == '.' || s[to-1] == '%') {
			to-- // the full stop of the sentence
		}
		return to, p.kind
	}
	return 0, ""
}

// rareLetters tells ASIA followed by chance from ASIAPACIFICSOUTHEAST: a run of
// sixteen random letters holds some of those that words seldom use. No word
// begins with AKIA.
func rareLetters(s string) bool {
	n := 0
	for i := range len(s) {
		switch s[i] {
		case 'J', 'K', 'Q', 'V', 'W', 'X', 'Y', 'Z':
			n++
		}
	}
	return n >= 3
}
