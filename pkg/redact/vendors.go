package redact

import "strings"

// vendors are services whose keys look like plain identifiers: under their name
// and a suspicious noun such as key or id, hex and UUID values go too.
var vendors = []string{
	"adobe", "adafruit", "airtable", "algolia", "alibaba", "asana", "atlassian", "auth0", "azure", "beamer",
	"bitbucket", "bittrex", "cloudflare", "codecov", "cohere", "coinbase", "confluent", "contentful", "datadog",
	"digitalocean", "discord", "droneci", "dropbox", "etsy", "facebook", "fastly", "finicity", "finnhub",
	"flickr", "freshbooks", "gitter", "gitlab", "github", "gocardless", "heroku", "hubspot", "intercom",
	"jfrog", "jira", "kraken", "kucoin", "launchdarkly", "linear", "linkedin", "lob", "looker", "mailchimp",
	"mailgun", "mapbox", "mattermost", "meraki", "messagebird", "netlify", "newrelic", "nytimes", "okta",
	"openai", "paypal", "plaid", "rapidapi", "sendbird", "sendgrid", "sentry", "shopify", "snyk", "sonar",
	"square", "stripe", "sumo", "telegram", "travis", "trello", "twilio", "twitch", "twitter", "yandex",
	"zendesk", "sourcegraph", "vk", "sber", "tinkoff",
}

// vendorsBy holds the vendors by first letter.
var vendorsBy = func() (t [26][]string) {
	for _, v := range vendors {
		t[v[0]-'a'] = append(t[v[0]-'a'], v)
	}
	return t
}()

func vendorIn(key string) bool {
	for i := range len(key) {
		c := key[i] | 0x20 - 'a'
		if c >= 26 {
			continue
		}
		for _, v := range vendorsBy[c] {
			if len(key)-i >= len(v) && strings.EqualFold(key[i:i+len(v)], v) {
				return true
			}
		}
	}
	return false
}
