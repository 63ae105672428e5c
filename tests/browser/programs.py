"""The same as the page tries, by a program."""
import urllib.request

from cloud import targets_at


def do_it_all(local):
    target = targets_at(0)
    local.post(local.sqs, "/", target["send"], target["sqs"])
    request = urllib.request.Request(f"http://127.0.0.1:{local.sqs}{target['queue']}", data=target["form"].encode())
    urllib.request.urlopen(request).close()
    urllib.request.urlopen(f"http://127.0.0.1:{local.sqs}{target['queue']}?{target['form']}").close()
    local.post(local.dynamodb, "/", target["put"], target["dynamodb"])
    local.post(local.lambda_, target["invoke"], target["event"], {})
    urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{local.php_port}/hit", data=b"")).close()
