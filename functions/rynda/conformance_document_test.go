package main

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"rynda/pkg/httpapi"
)

// document is openapi.yaml as those read it who write clients by it: what it
// says of a body is JSON Schema 2020-12, and is held to by its validator.
type document struct {
	root any
	mu   sync.Mutex // a compiler is one caller's at a time
	by   *jsonschema.Compiler
}

const documentURL = "https://rynda.example/openapi.json"

var theDocument = sync.OnceValues(func() (*document, error) {
	var read any
	if err := yaml.Unmarshal(httpapi.OpenAPI(), &read); err != nil {
		return nil, err
	}
	text, err := json.Marshal(read)
	if err != nil {
		return nil, err
	}
	d := &document{by: jsonschema.NewCompiler()}
	if d.root, err = jsonschema.UnmarshalJSON(strings.NewReader(string(text))); err != nil {
		return nil, err
	}
	d.by.DefaultDraft(jsonschema.Draft2020)
	d.by.AssertFormat()
	return d, d.by.AddResource(documentURL, d.root)
})

// at is what stands at a path of keys; nil where there is nothing.
func (d *document) at(keys ...string) any {
	here := d.root
	for _, key := range keys {
		object, _ := here.(map[string]any)
		here = object[key]
	}
	return here
}

// holds says how a value differs from the schema at a path of keys.
func (d *document) holds(value any, keys ...string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	pointer := ""
	for _, key := range keys {
		pointer += "/" + url.PathEscape(strings.NewReplacer("~", "~0", "/", "~1").Replace(key))
	}
	schema, err := d.by.Compile(documentURL + "#" + pointer)
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// answered says how an answer differs from what the document says of it.
func (d *document) answered(op httpapi.Operation, status int, kind, body string) error {
	where := []string{"paths", op.Path, strings.ToLower(op.Method), "responses", fmt.Sprint(status)}
	if d.at(where...) == nil {
		if where[4] = "default"; d.at(where...) == nil {
			return fmt.Errorf("it has no answer of status %d", status)
		}
	}
	content, _ := d.at(append(where, "content")...).(map[string]any)
	if body == "" && len(content) == 0 {
		return nil
	}
	kind, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return err
	}
	if content[kind] == nil {
		return fmt.Errorf("its answer of status %d has no content of type %s", status, kind)
	}
	if !strings.HasSuffix(kind, "json") {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil {
		return err
	}
	return d.holds(value, append(where, "content", kind, "schema")...)
}

// asked says how a request that was accepted differs from what the document
// says may be sent. Bodies that are not JSON are not looked at.
func (d *document) asked(op httpapi.Operation, body string) error {
	where := []string{"paths", op.Path, strings.ToLower(op.Method), "requestBody", "content", "application/json", "schema"}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(body))
	if err != nil || d.at(where...) == nil {
		return nil
	}
	return d.holds(value, where...)
}

// as complains of an answer that the document does not know in this form.
func (c *conversation) as(step string, op httpapi.Operation, k call, answer *http.Response, body string) {
	c.t.Helper()
	d, err := theDocument()
	if err != nil {
		c.t.Fatal(err)
	}
	if err := d.answered(op, answer.StatusCode, answer.Header.Get("Content-Type"), body); err != nil {
		c.t.Errorf("%s: the answer is not as openapi.yaml says: %v\n%.600s", step, err, body)
	}
	if answer.StatusCode < 300 && !strings.Contains(body, `"rejected":[{`) { // of a batch some may be wrong
		if err := d.asked(op, k.body); err != nil {
			c.t.Errorf("%s: what was accepted is not as openapi.yaml says: %v\n%.600s", step, err, k.body)
		}
	}
}

func TestExamplesOfTheDocument(t *testing.T) {
	t.Parallel()
	d, err := theDocument()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	hold := func(value any, schema ...string) {
		seen++
		if err := d.holds(value, schema...); err != nil {
			t.Errorf("an example at %s is not what it is an example of: %v", strings.Join(schema, " "), err)
		}
	}
	var walk func(here any, keys []string)
	walk = func(here any, keys []string) {
		switch here := here.(type) {
		case map[string]any:
			under := func(name ...string) []string { return append(append([]string{}, keys...), name...) }
			_, media := here["schema"]
			if media && (len(keys) == 0 || strings.HasSuffix(keys[len(keys)-1], "json") || here["in"] != nil) {
				if example, ok := here["example"]; ok {
					hold(example, under("schema")...)
				}
				if examples, ok := here["examples"].(map[string]any); ok {
					for _, one := range examples {
						hold(one.(map[string]any)["value"], under("schema")...)
					}
				}
			}
			if examples, ok := here["examples"].([]any); ok {
				for _, one := range examples {
					hold(one, keys...)
				}
			}
			for name, value := range here {
				if name != "example" && name != "examples" {
					walk(value, under(name))
				}
			}
		case []any:
			for i, value := range here {
				walk(value, append(append([]string{}, keys...), fmt.Sprint(i)))
			}
		}
	}
	walk(d.root, nil)
	if seen < 20 {
		t.Errorf("only %d examples were found", seen)
	}
}
