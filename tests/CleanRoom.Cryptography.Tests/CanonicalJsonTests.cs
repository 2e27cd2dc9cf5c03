using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace CleanRoom.Cryptography.Tests;

public sealed class CanonicalJsonTests
{
    /// <summary>RFC 8785 appendix B: IEEE 754 bits and their ECMAScript text; without the rows NaN and Infinity, which are errors.</summary>
    public static TheoryData<string, string> AppendixB => new()
    {
        { "0000000000000000", "0" },
        { "8000000000000000", "0" },
        { "0000000000000001", "5e-324" },
        { "8000000000000001", "-5e-324" },
        { "7fefffffffffffff", "1.7976931348623157e+308" },
        { "ffefffffffffffff", "-1.7976931348623157e+308" },
        { "4340000000000000", "9007199254740992" },
        { "c340000000000000", "-9007199254740992" },
        { "4430000000000000", "295147905179352830000" },
        { "44b52d02c7e14af5", "9.999999999999997e+22" },
        { "44b52d02c7e14af6", "1e+23" },
        { "44b52d02c7e14af7", "1.0000000000000001e+23" },
        { "444b1ae4d6e2ef4e", "999999999999999700000" },
        { "444b1ae4d6e2ef4f", "999999999999999900000" },
        { "444b1ae4d6e2ef50", "1e+21" },
        { "3eb0c6f7a0b5ed8c", "9.999999999999997e-7" },
        { "3eb0c6f7a0b5ed8d", "0.000001" },
        { "41b3de4355555553", "333333333.3333332" },
        { "41b3de4355555554", "333333333.33333325" },
        { "41b3de4355555555", "333333333.3333333" },
        { "41b3de4355555556", "333333333.3333334" },
        { "41b3de4355555557", "333333333.33333343" },
        { "becbf647612f3696", "-0.0000033333333333333333" },
        { "43143ff3c1cb0959", "1424953923781206.2" },
    };

    [Theory, MemberData(nameof(AppendixB))]
    public void Number_Rfc8785AppendixB_IsWrittenAsTheTableSays(string bits, string text)
    {
        var number = BitConverter.UInt64BitsToDouble(ulong.Parse(bits, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
        Assert.Equal(text, EcmaScriptNumber.ToString(number));
    }

    /// <summary>Where the neighbour below is nearer than the one above, and where two shortest texts are equally close.</summary>
    [Theory]
    [InlineData("3e60000000000000", "2.9802322387695312e-8")]
    [InlineData("0410000000000000", "4.1045368012983762e-289")]
    [InlineData("3d30000000000000", "5.684341886080802e-14")]
    [InlineData("3f40080000000000", "0.0004892349243164062")]
    [InlineData("3f40280000000000", "0.0004930496215820312")]
    [InlineData("3f40a80000000000", "0.0005083084106445312")]
    public void Number_AtPowersOfTwoAndTies_IsWrittenAsOtherImplementationsDo(string bits, string text) => Number_Rfc8785AppendixB_IsWrittenAsTheTableSays(bits, text);

    [Fact]
    public void Number_EveryPowerOfTwo_ReadsBackToTheSameDouble()
    {
        for (var exponent = -1074; exponent <= 1023; exponent++)
        {
            var number = Math.ScaleB(1, exponent);
            Assert.Equal(number, double.Parse(EcmaScriptNumber.ToString(number), CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void Number_NotFinite_Throws()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => EcmaScriptNumber.ToString(double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => EcmaScriptNumber.ToString(double.PositiveInfinity));
    }

    [Fact]
    public void Number_RandomBits_ReadBackToTheSameDouble()
    {
        for (var i = 0; i < 20_000; i++)
        {
            var number = BitConverter.ToDouble(RandomNumberGenerator.GetBytes(8));
            if (double.IsFinite(number))
            {
                var text = EcmaScriptNumber.ToString(number);
                Assert.Equal(number, double.Parse(text, CultureInfo.InvariantCulture));
                Assert.True(text.Length <= 25, text);
            }
        }
    }

    [Fact]
    public void Canonicalize_PublishedVectors_GivesTheirBytes()
    {
        var names = Directory.GetFiles(Published.Folder("jcs/input"), "*.json").Select(Path.GetFileNameWithoutExtension).ToList();
        Assert.Equal(6, names.Count);
        foreach (var name in names)
        {
            var input = File.ReadAllBytes(Published.Folder($"jcs/input/{name}.json"));
            var hex = File.ReadAllText(Published.Folder($"jcs/outhex/{name}.txt"));
            var expected = Convert.FromHexString(string.Concat(hex.Where(c => !char.IsWhiteSpace(c))));
            Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(CanonicalJson.Canonicalize(input)));
            Assert.Equal(Convert.ToHexString(expected), Convert.ToHexString(CanonicalJson.Canonicalize(JsonNode.Parse(input))));
            Assert.Equal(File.ReadAllText(Published.Folder($"jcs/output/{name}.json")).TrimEnd(), Encoding.UTF8.GetString(expected));
            Assert.True(CanonicalJson.IsCanonical(expected));
            Assert.False(CanonicalJson.IsCanonical(input) && !input.AsSpan().SequenceEqual(expected));
            Assert.True(StrictJson.TryParseCanonical(expected, out var document));
            document.Dispose();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("[1,]")]
    [InlineData("{\"a\":1,}")]
    [InlineData("1 2")]
    [InlineData("//c\n1")]
    [InlineData("{\"a\":1,\"a\":2}")]
    [InlineData("{\"a\":1,\"\\u0061\":2}")]
    [InlineData("{\"x\":{\"b\":1,\"c\":0,\"b\":1}}")]
    [InlineData("\"\\ud800\"")]
    [InlineData("\"\\udc00\\ud800\"")]
    [InlineData("{\"\\ud800\":1}")]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("9007199254740993")]
    [InlineData("-9007199254740993")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("NaN")]
    [InlineData("01")]
    [InlineData("+1")]
    [InlineData("'a'")]
    [InlineData("\"a\nb\"")]
    [InlineData("tru")]
    public void Canonicalize_NotStrict_IsRefused(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        Assert.False(CanonicalJson.TryCanonicalize(bytes, out _));
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(bytes));
        Assert.False(CanonicalJson.IsCanonical(bytes));
        Assert.False(StrictJson.TryParseCanonical(bytes, out _));
    }

    [Fact]
    public void Canonicalize_MalformedUtf8OrByteOrderMark_IsRefused()
    {
        byte[][] wrong = [[0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0xef, 0xbb, 0xbf, 0x31], [0x22, 0xe2, 0x82, 0x22]];
        Assert.All(wrong, bytes => Assert.False(CanonicalJson.TryCanonicalize(bytes, out _)));
    }

    [Fact]
    public void Canonicalize_DepthAndSize_AreLimited()
    {
        static byte[] Nested(int depth) => Encoding.ASCII.GetBytes(new string('[', depth) + new string(']', depth));
        Assert.True(CanonicalJson.IsCanonical(Nested(64)));
        Assert.False(CanonicalJson.IsCanonical(Nested(65)));
        Assert.False(CanonicalJson.IsCanonical(Nested(1_000_000)));
        Assert.True(CanonicalJson.IsCanonical("[1]"u8, maxSize: 3));
        Assert.False(CanonicalJson.IsCanonical("[1]"u8, maxSize: 2));
        JsonNode node = new JsonArray();
        for (var i = 1; i < 64; i++)
        {
            node = new JsonArray(node);
        }

        Assert.Equal(Nested(64), CanonicalJson.Canonicalize(node));
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(new JsonArray(node)));
    }

    [Fact]
    public void Canonicalize_Node_SortsByUtf16AndKeepsText()
    {
        var node = new JsonObject
        {
            ["\ufb33"] = 1,
            ["\ud83d\ude00"] = 2L,
            ["b"] = new JsonArray(null, true, 1.5, 100m, "\u0001\u001f\b\f\n\r\t\"\\/\u007fé\u2028"),
            [""] = new JsonObject(),
            ["a"] = Guid.Empty.ToString(),
        };
        const string Expected = "{\"\":{},\"a\":\"00000000-0000-0000-0000-000000000000\","
            + "\"b\":[null,true,1.5,100,\"\\u0001\\u001f\\b\\f\\n\\r\\t\\\"\\\\/\u007fé\u2028\"],\"\ud83d\ude00\":2,\"\ufb33\":1}";
        Assert.Equal(Expected, Encoding.UTF8.GetString(CanonicalJson.Canonicalize(node)));
        Assert.Equal("null", Encoding.UTF8.GetString(CanonicalJson.Canonicalize((JsonNode?)null)));
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(JsonValue.Create("\ud800")));
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(new JsonObject { ["\udc00"] = 1 }));
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(JsonValue.Create(9007199254740993L)));
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(JsonNode.Parse("[\"\\ud800\"]")));
        Assert.Throws<FormatException>(() => CanonicalJson.Canonicalize(JsonNode.Parse("{\"a\":1,\"a\":2}")));
    }

    [Fact]
    public void IsCanonical_OtherSpellings_AreNot()
    {
        string[] spellings =
        [
            " 1", "1 ", "1.0", "1e0", "-0", "\"\\u0061\"", "\"\\/\"", "{ }", "[1, 2]", "{\"b\":1,\"a\":2}", "\"\\u000A\"", "\"\\u001F\"", "1E5", "0.10",
        ];
        Assert.All(spellings, text => Assert.False(CanonicalJson.IsCanonical(Encoding.UTF8.GetBytes(text)), text));
        Assert.All(spellings, text => Assert.True(CanonicalJson.IsCanonical(CanonicalJson.Canonicalize(Encoding.UTF8.GetBytes(text))), text));
    }
}
