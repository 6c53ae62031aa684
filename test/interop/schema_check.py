"""Which of these configuration files a JSON schema takes: schema_check.py SCHEMA FILE...

A line for each: "taken NAME", or "refused NAME: why". One that is no YAML of one document is "unread".
"""

import json
import os
import re
import sys

import jsonschema
import yaml


class Loader(yaml.SafeLoader):
    """Words as YAML 1.2 has them (its core schema, section 10.3.2), and so editors: off is a word, and so is
    64512:1:2."""


Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (("bool", "true|True|TRUE|false|False|FALSE", "tTfF"),
                            ("null", "null|Null|NULL|~|", ["n", "N", "~", ""]),
                            ("int", "[-+]?[0-9]+", "-+0123456789")):
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    kind = jsonschema.validators.validator_for(schema)
    kind.check_schema(schema)
    validator = kind(schema)
    for path in sys.argv[2:]:
        name = os.path.basename(path)
        try:
            with open(path, encoding="utf-8") as file:
                content = yaml.load(file, Loader)
        except (yaml.YAMLError, UnicodeError, RecursionError) as error:
            print(f"unread {name}: {str(error).splitlines()[0]}")
            continue
        wrong = jsonschema.exceptions.best_match(validator.iter_errors(content))
        if wrong is None:
            print(f"taken {name}")
        else:
            where = ".".join(str(part) for part in wrong.absolute_path)
            print(f"refused {name}: {where}: {wrong.message[:120]}")


main()
