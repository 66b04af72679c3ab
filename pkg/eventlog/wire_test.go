package eventlog

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestAppendJSON(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 4, 5, 6, 7, 890_000_000, time.FixedZone("", 3*3600))
	for _, c := range []struct {
		name  string
		event Event
		want  string
	}{
		{
			name: "an event",
			event: Event{ID: 42, At: at, Kind: "group.changed", Project: 7, Topics: []string{"errors/shop", "run/shop/a\"b"}, Version: 3,
				Data: json.RawMessage(`{"title":"a\nb"}`)},
			want: `{"id":"1f0a9c3b-42","kind":"group.changed","at":"2026-03-04T02:06:07.89Z","topics":["errors/shop","run/shop/a\"b"],"version":3,"data":{"title":"a\nb"}}`,
		},
		{
			name:  "data over several lines becomes one",
			event: Event{ID: 1, Kind: "run.logged", Topics: []string{}, Data: json.RawMessage("{\r\n  \"a\": 1,\n\r\"b\": 2}\n")},
			want:  `{"id":"1f0a9c3b-1","kind":"run.logged","at":"0001-01-01T00:00:00Z","topics":[],"version":0,"data":{  "a": 1,"b": 2}}`,
		},
		{
			name:  "no data is null",
			event: Event{ID: 1, Kind: "run.logged", Topics: []string{}},
			want:  `{"id":"1f0a9c3b-1","kind":"run.logged","at":"0001-01-01T00:00:00Z","topics":[],"version":0,"data":null}`,
		},
	} {
		got := c.event.AppendJSON([]byte("before"), "1f0a9c3b")
		if diff := cmp.Diff("before"+c.want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
		if !json.Valid(bytes.TrimPrefix(got, []byte("before"))) {
			t.Errorf("%s: not JSON", c.name)
		}
	}
}

func FuzzAppendJSON(f *testing.F) {
	f.Add("run/shop/1", []byte(`{"a":[1,2]}`))
	f.Add("a\nb\x00\xff", []byte("{\n\"a\"\r:1}"))
	f.Fuzz(func(t *testing.T, topic string, data []byte) {
		if !json.Valid(data) {
			t.Skip("the data of an event is JSON: Postgres holds nothing else in its column")
		}
		got := Event{ID: 5, Kind: "group.changed", Topics: []string{topic}, Version: 1, Data: data}.AppendJSON(nil, "1f0a9c3b")
		if bytes.ContainsAny(got, "\r\n\x00") {
			t.Fatalf("%q is not one line", got)
		}
		var back struct {
			ID     Position
			Topics []string
			Data   json.RawMessage
		}
		if err := json.Unmarshal(got, &back); err != nil || back.ID.ID != 5 {
			t.Fatalf("%q: %v", got, err)
		}
		if back.Topics[0] != strings.ToValidUTF8(topic, "\uFFFD") && strings.ToValidUTF8(topic, "") == topic {
			t.Errorf("topic %q comes back as %q", topic, back.Topics[0])
		}
		var before, after any
		if json.Unmarshal(data, &before) == nil && json.Unmarshal(back.Data, &after) == nil {
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("data has changed: %s", diff)
			}
		}
	})
}
