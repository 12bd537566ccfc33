"""Expressions and their values, as the .NET documentation gives them, library by library."""

import pytest

from constructs_lib.simulation.csharp import ExpressionFailed
from constructs_lib.simulation.http import SimulatedResponse
from tests.simulation.csharp.samples import evaluate, text_of

OPERATORS = {
    "@(7 / 2)": "3",
    '@(-2147483648 + "," + (-2147483648L - 1))': "-2147483648,-2147483649",
    "@(-7 / 2)": "-3",
    "@(-7 % 3)": "-1",
    "@(7 / 2.0)": "3.5",
    "@(1.0 / 3)": "0.333333333333333",
    '@(2147483647 + int.Parse("1"))': "-2147483648",
    "@(2147483647L + 1)": "2147483648",
    "@(0xFF & 0x0F | 1 << 4)": "31",
    "@(-16 >> 2)": "-4",
    "@('a' + 1)": "98",
    "@(\"\" + 'a' + 1)": "a1",
    '@(1 + 2 + "x" + 1 + 2)': "3x12",
    '@("a" + null + true)': "aTrue",
    "@(1 == 1.0)": "True",
    "@(1.10m + 2)": "3.10",
    "@((int)3.99 + (int)'A')": "68",
    "@((byte)300)": "44",
    "@((3 > 2 ? 1 : 2.5).ToString())": "1",
    '@(null ?? "d")': "d",
    "@(~5 ^ 3)": "-7",
    "@(!true || false && true)": "False",
    '@{ int? n = null; return n == null ? "none" : "some"; }': "none",
    "@{ var i = 5; return i++ + ++i; }": "12",
    "@{ object o = 5; return o is int n ? n + 1 : 0; }": "6",
    '@("x" + (context.Variables["n"]) + "y")': "x5y",
    '@("a" + context.Product?.Name.Length + "b")': "ab",
}
STATEMENTS = {
    "@{ var s = 0; for (int i = 0; i < 5; i++) { if (i == 3) continue; s += i; } return s; }": "7",
    '@{ var s = ""; foreach (var c in "abc") { s = c + s; } return s; }': "cba",
    "@{ int i = 0; while (true) { if (++i > 9) break; } return i; }": "10",
    '@{ switch ("b") { case "a": return 1; case "b": return 2; default: return 3; } }': "2",
    '@{ try { return int.Parse("x"); } catch (FormatException e) { return e.Message; } }': (
        "Input string was not in a correct format."
    ),
    '@{ var s = ""; try { s += "t"; } finally { s += "f"; } return s; }': "tf",
    "@{ int f(int n) { return n < 2 ? 1 : n * f(n - 1); } return f(10); }": "3628800",
    "@{ var f = new List<Func<int>>(); foreach (var i in new[] {1, 2, 3}) { f.Add(() => i); } "
    'return string.Join(",", f.Select(x => x())); }': "1,2,3",
    "@{ var f = new List<Func<int>>(); for (int i = 0; i < 3; i++) { int j = i; "
    'f.Add(() => i * 10 + j); } return string.Join(",", f.Select(x => x())); }': "30,31,32",
    "@{ var f = new List<Func<int>>(); int i = 0; while (i < 2) { int j = i++; f.Add(() => j); } "
    'return string.Join(",", f.Select(x => x())); }': "0,1",
    "@{ var n = 0; foreach (var i in new[] {1, 2, 3}) { Action a = () => { n += i; }; "
    "if (i == 2) continue; a(); } return n; }": "4",
    "@{ var n = 0; var q = new[] {1, 2}.Where(x => { n++; return true; }); var before = n; "
    'q.ToList(); q.ToList(); return before + "," + n; }': "0,4",
    "@{ var k = 2; Func<int, int> g = x => x * k; k = 5; return g(3); }": "15",
    '@{ try { checked { int m = int.MaxValue; m++; return m; } } catch { return "over"; } }': (
        "over"
    ),
}
STRINGS = {
    "@(\"a,b,,c\".Split(',').Length)": "4",
    "@(\"a,b,,c\".Split(new[] {','}, StringSplitOptions.RemoveEmptyEntries).Length)": "3",
    '@(string.Join("|", "a b c".Split(new[] {\' \'}, 2)))': "a|b c",
    '@("abcdef".Substring(2, 3))': "cde",
    '@("abc".PadLeft(5, \'*\') + "|")': "**abc|",
    '@("  x ".Trim() + "xxay".TrimStart(\'x\'))': "xay",
    '@("Hello".IndexOf(\'l\') + "Hello".LastIndexOf("l"))': "5",
    '@("Straße".ToUpper())': "STRAßE",
    '@("abc".Equals("ABC", StringComparison.OrdinalIgnoreCase))': "True",
    '@(string.Format("{0:N2}|{1,5}|{2,-4}|{{}}", 1234.5, "a", "b"))': "1,234.50|    a|b   |{}",
    '@($"{5:D3} {{x}} {"a".Length,3}")': "005 {x}   1",
    '@(@"a\\b""c")': 'a\\b"c',
    '@(string.IsNullOrEmpty(null) && string.IsNullOrWhiteSpace(" \\t"))': "True",
    "@(new StringBuilder(\"a\").Append(1).AppendLine().Append('c').ToString())": "a1\r\nc",
    '@(Regex.Replace("2024-05", @"(?<y>\\d+)-(\\d+)", "$1/${y}"))': "05/2024",
    '@(Regex.Match("k=v", "(\\\\w)=(\\\\w)").Groups[2].Value)': "v",
    '@(Regex.IsMatch("ABC", "b", RegexOptions.IgnoreCase))': "True",
    '@(Regex.Replace("aXb", "x", m => m.Value + "!", RegexOptions.IgnoreCase))': "aX!b",
    '@(string.Compare("a", "B"))': "-1",
}
NUMBERS = {
    '@((1234.567).ToString("N1"))': "1,234.6",
    '@((0.126).ToString("P1"))': "12.6 %",
    '@((255).ToString("X4") + (255).ToString("x"))': "00FFff",
    '@(0.0001 + "|" + 0.00001 + "|" + 1e14 + "|" + 1e15)': "0.0001|1E-05|100000000000000|1E+15",
    "@((5.0).ToString() + (1e20).ToString() + (1.5e-7).ToString())": "51E+201.5E-07",
    '@((1234.5).ToString("#,##0.00"))': "1,234.50",
    '@((0.1 + 0.2).ToString("R"))': "0.30000000000000004",
    "@(Math.Round(2.5) + Math.Round(3.5))": "6",
    "@(Math.Round(2.5, MidpointRounding.AwayFromZero))": "3",
    "@(Math.Max(1, 2L) + Math.Abs(-3))": "5",
    '@(Convert.ToInt32(2.5) + Convert.ToInt32("11", 2))': "5",
    "@(Convert.ToString(255, 16))": "ff",
    '@(int.TryParse("12", out var n) ? n + 1 : -1)': "13",
    "@(BitConverter.ToString(new byte[] {1, 171}))": "01-AB",
    '@(Guid.Parse("D2719E0E-9D0C-4C1D-8F4F-0C1D2E3F4A5B").ToString("N"))': (
        "d2719e0e9d0c4c1d8f4f0c1d2e3f4a5b"
    ),
}
DATES = {
    "@(DateTime.UtcNow)": "02/29/2024 12:00:00",
    '@(DateTime.UtcNow.ToString("o"))': "2024-02-29T12:00:00.1234560Z",
    '@(DateTime.UtcNow.AddYears(1).ToString("yyyy-MM-ddTHH:mm:ssZ"))': "2025-02-28T12:00:00Z",
    '@(new DateTime(2024, 1, 1).ToString("ss.FFF") + DateTime.UtcNow.ToString("s.FF"))': "000.12",
    '@(DateTime.UtcNow.ToString("R"))': "Thu, 29 Feb 2024 12:00:00 GMT",
    "@((new DateTime(2024, 3, 1) - new DateTime(2024, 2, 1)).TotalDays)": "29",
    "@(TimeSpan.FromMinutes(90.5))": "01:30:30",
    '@(TimeSpan.Parse("1.02:03:04").TotalHours.ToString("F2"))': "26.05",
    '@(DateTimeOffset.FromUnixTimeSeconds(0).ToString("o"))': "1970-01-01T00:00:00.0000000+00:00",
    "@(new DateTimeOffset(DateTime.UtcNow).ToUnixTimeSeconds())": "1709208000",
    '@(DateTime.Parse("2024-05-06T07:08:09+02:00").Hour)': "5",
    "@(TimeZoneInfo.ConvertTimeFromUtc(new DateTime(2024, 7, 1), "
    'TimeZoneInfo.FindSystemTimeZoneById("W. Europe Standard Time")).Hour)': "2",
}
COLLECTIONS = {
    '@(string.Join(",", new[] {3, 1, 2}.OrderByDescending(x => x).Skip(1)))': "2,1",
    "@(new List<int> {1, 2, 3}.Where(x => x > 1).Sum())": "5",
    '@(new[] {"b", "a", "b"}.Distinct().Count())': "2",
    "@(new[] {1, 2, 3, 4}.GroupBy(x => x % 2).First().Sum())": "4",
    "@(new[] {1, 2, 3}.Aggregate((a, b) => a * b))": "6",
    '@(new Dictionary<string, int> {{"a", 1}, {"b", 2}}["b"])': "2",
    "@(new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase) "
    '{["A"] = 1}.ContainsKey("a"))': "True",
    '@(new HashSet<string> {"a", "a"}.Count)': "1",
    "@(Enumerable.Range(1, 4).Select((x, i) => x * i).Max())": "12",
    "@(new[] {1, 2}.FirstOrDefault(x => x > 5))": "0",
    '@(new[] {"a"}.Any(x => x == "a") && !new int[0].Any())': "True",
    "@(Array.Exists(new[] {1, 2}, x => x == 2))": "True",
    "@{ var q = new Queue<int>(); q.Enqueue(1); q.Enqueue(2); return q.Dequeue(); }": "1",
    "@(new byte[3].Length + new string('x', 2))": "3xx",
}
JSON = {
    '@((string)context.Request.Body.As<JObject>(true)["name"])': "Ann",
    '@((int)context.Request.Body.As<JObject>(true)["age"] + 1)': "42",
    '@(context.Request.Body.As<JObject>(true)["none"] == null)': "True",
    '@(context.Request.Body.As<JObject>(true)["no"].Type == JTokenType.Null)': "True",
    '@((string)context.Request.Body.As<JObject>(true)["at"])': "05/06/2024 07:08:09",
    '@(context.Request.Body.As<JObject>(true).SelectToken("tags[1]").ToString())': "b",
    '@(new JObject(new JProperty("a", 1.0), new JProperty("b", new JArray(1, "x"))).ToString())': (
        '{\r\n  "a": 1.0,\r\n  "b": [\r\n    1,\r\n    "x"\r\n  ]\r\n}'
    ),
    '@(JsonConvert.SerializeObject(new { a = 1, b = new[] {"x"}, c = (string)null }))': (
        '{"a":1,"b":["x"],"c":null}'
    ),
    '@{ var o = JObject.Parse("{\'a\': {\'b\': [1, 2,]}}"); o["a"]["b"][0] = "z"; '
    "return o.ToString(Formatting.None); }": '{"a":{"b":["z",2]}}',
    '@(JArray.Parse("[1,2]").Select(x => (int)x).Sum())': "3",
    '@(JObject.Parse("{\\"a\\":true}")["a"].ToString())': "True",
    '@(JObject.Parse("{\\"a\\":5}").Value<int>("a"))': "5",
}
XML = {
    '@(XElement.Parse("<a><b c=\'1\'>x</b></a>").Element("b").Attribute("c").Value)': "1",
    '@(new XElement("a", new XAttribute("b", 1), new XElement("c", "<")).ToString())': (
        '<a b="1">\r\n  <c>&lt;</c>\r\n</a>'
    ),
    "@(XElement.Parse(\"<a xmlns='u'><b/></a>\").Descendants()"
    '.First(x => x.Name.LocalName == "b").Name)': "{u}b",
    '@{ try { XElement.Parse("<!DOCTYPE a><a/>"); return 1; } catch (Exception e) '
    '{ return e.Message.StartsWith("For security reasons DTD"); } }': "True",
}
XML |= {
    '@{ var e = XElement.Parse("<a><b/></a>"); e.RemoveNodes(); e.Add(new XElement("c")); '
    'e.AddFirst(new XElement("d")); return e.ToString(SaveOptions.DisableFormatting); }': (
        "<a><d /><c /></a>"
    ),
}
XML |= {'@(new XElement(XNamespace.Get("u") + "x").ToString())': '<x xmlns="u" />'}
WEB = {
    '@(Uri.EscapeDataString("a b/ü"))': "a%20b%2F%C3%BC",
    '@(System.Net.WebUtility.UrlEncode("a b/c"))': "a+b%2Fc",
    "@(WebUtility.HtmlEncode(\"<a href='x'>\"))": "&lt;a href=&#39;x&#39;&gt;",
    '@(new Uri("https://h:444/p/q?x=1").PathAndQuery)': "/p/q?x=1",
    '@(IPAddress.Parse("10.0.0.1").GetAddressBytes()[0])': "10",
    '@(Convert.ToBase64String(Encoding.UTF8.GetBytes("hé")))': "aMOp",
    '@(Encoding.UTF8.GetString(Convert.FromBase64String("aMOp")))': "hé",
    '@(BitConverter.ToString(SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes("abc")))'
    '.Replace("-", "").Substring(0, 8))': "BA7816BF",
    # RFC 4231, test case 2.
    "@(BitConverter.ToString(new System.Security.Cryptography.HMACSHA256(Encoding.UTF8.GetBytes("
    '"Jefe")).ComputeHash(Encoding.UTF8.GetBytes("what do ya want for nothing?")), 0, 4))': (
        "5B-DC-C1-46"
    ),
    '@{ var k = Encoding.UTF8.GetBytes("0123456789abcdef"); return Encoding.UTF8.GetString('
    'Encoding.UTF8.GetBytes("secret").Encrypt("Aes", k, k).Decrypt("Aes", k, k)); }': "secret",
    '@{ using (SymmetricAlgorithm a = SymmetricAlgorithm.Create("aes")) { a.Key = new byte[16]; '
    "a.IV = new byte[16]; var c = new byte[] {104, 105}.Encrypt(a); "
    'return Encoding.UTF8.GetString(c.Decrypt("Aes", new byte[16], new byte[16])); } }': "hi",
    # FIPS 197: AES-128 of zeros under a key of zeros.
    '@{ var a = SymmetricAlgorithm.Create("aes"); a.Mode = CipherMode.ECB; a.Key = new byte[16]; '
    "a.Padding = PaddingMode.None; return BitConverter.ToString(new byte[16].Encrypt(a)); }": (
        "66-E9-4B-D4-EF-8A-2C-3B-88-4C-FA-59-CA-34-2B-2E"
    ),
}
CONTEXT = {
    '@(string.Join(",", context.Variables.Select(p => p.Key + p.Value)) + '
    'context.Variables.ContainsKey("n") + context.Variables.Count)': "n5,rIResponseTrue2",
    '@(context.Request.Headers.GetValueOrDefault("x-many"))': "1,2",
    '@(context.Request.Headers["X-MANY"][1])': "2",
    '@(context.Request.Headers.GetValueOrDefault("none", "d"))': "d",
    '@(context.Request.Url.Query["x"].Last() + context.Request.Url.Query.GetValueOrDefault("q"))': (
        "2a b"
    ),
    "@(context.Request.OriginalUrl.Host + context.Request.OriginalUrl.Port)": "api.example8443",
    "@(context.Request.Method + context.Request.IpAddress)": "POST203.0.113.9",
    '@(context.Request.MatchedParameters["id"])': "7",
    '@(context.Request.Headers.GetValueOrDefault("Authorization").AsJwt()?.Subject)': "me",
    '@(context.Request.Headers.GetValueOrDefault("Authorization").AsJwt().Claims["roles"][1])': "y",
    '@("rubbish".AsJwt() == null)': "True",
    '@("Basic dTpw".AsBasic().Password)': "p",
    '@(context.Response.StatusCode == 404 && context.Response.StatusReason == "Not Found")': "True",
    '@(((IResponse)context.Variables["r"]).Body.As<JObject>()["a"].ToString())': "1",
    '@(context.Variables.GetValueOrDefault<int>("none", 3) + (int)context.Variables["n"])': "8",
    '@(context.Variables.ContainsKey("n"))': "True",
    '@(context.User.Groups.Select(g => g.Name).Contains("Staff"))': "True",
    "@(context.Product == null && context.Subscription?.Id == null)": "True",
    "@(context.Deployment.Region)": "West Europe",
}
TABLES = {
    "operators": OPERATORS,
    "statements": STATEMENTS,
    "strings": STRINGS,
    "numbers": NUMBERS,
    "dates": DATES,
    "collections": COLLECTIONS,
    "json": JSON,
    "xml": XML,
    "web": WEB,
    "context": CONTEXT,
}


@pytest.mark.parametrize("name", TABLES)
def test_expressions_have_the_values_of_dotnet(name):
    found = {
        text: text_of(text, n=5, r=SimulatedResponse.of(200, {"a": 1})) for text in TABLES[name]
    }
    assert found == TABLES[name]


FAILURES = {
    '@((string)context.Variables["none"])': "The given key was not present in the dictionary.",
    "@(context.Product.Name)": "Object reference not set to an instance of an object.",
    '@((bool)context.Variables["n"])': "Specified cast is not valid.",
    '@((string)context.Variables["n"])': (
        "Unable to cast object of type 'System.Int32' to type 'System.String'."
    ),
    '@(1 / int.Parse("0"))': "Attempted to divide by zero.",
    "@(new int[1][1])": "Index was outside the bounds of the array.",
    "@(new int[0].First())": "Sequence contains no elements",
    '@(int.Parse("99999999999"))': "Value was either too large or too small for an Int32.",
    '@("abc".Substring(4))': (
        "startIndex cannot be larger than length of string.\r\nParameter name: startIndex"
    ),
    '@(JObject.Parse(""))': ("Error reading JObject from JsonReader. Path '', line 0, position 0."),
    '@{ throw new Exception("EXPECTED400"); }': "EXPECTED400",
    '@((int)JObject.Parse("{\'a\': null}")["a"])': "Can not convert Null to Int32.",
}


def test_exceptions_have_the_messages_of_dotnet():
    found: dict[str, str] = {}
    for text in FAILURES:
        with pytest.raises(ExpressionFailed) as failed:
            evaluate(text, n=5)
        found[text] = failed.value.message
    assert found == FAILURES


def test_a_body_that_is_read_is_gone_unless_it_is_preserved():
    twice = "context.Request.Body.As<string>({}).Length + context.Request.Body.As<string>().Length"
    assert evaluate(f"@({twice.format('true')})") > 100
    with pytest.raises(ExpressionFailed):
        evaluate(f"@({twice.format('false')})")


def test_a_compressed_body_is_no_json():
    with pytest.raises(
        ExpressionFailed, match=r"^The message body is not a valid JSON\. Unexpected"
    ):
        evaluate("@(context.Request.Body.As<JObject>())", body=b"\x1f\x8b\x08")
