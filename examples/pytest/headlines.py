"""The client that is tested: the titles of the public articles, each with its disclaimers."""

import json
import urllib.error
import urllib.request


class Unavailable(Exception):
    pass


def headlines(url, headers={}):
    request = urllib.request.Request(f"{url}/v1/articles?fields=title&include=disclaimers", headers=headers)
    try:
        with urllib.request.urlopen(request) as response:
            articles = json.load(response)["items"]
    except urllib.error.HTTPError as error:
        if error.code == 503:
            raise Unavailable(f"try again in {error.headers['Retry-After']} s") from error
        raise
    return [" | ".join([one["title"], *(each["title"] for each in one["disclaimers"])]) for one in articles]
