using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Linkage.Tests;

/// <summary>The numbers that a charter signs by digest.</summary>
public sealed class RoomModelTests
{
    /// <summary>Charters name it: whoever changes a number of the shipped model changes what rooms have signed, and must say so with a new name.</summary>
    [Fact]
    public void Shipped_Digest_IsTheOneThatChartersName()
    {
        Assert.Equal("cleanroom-room-1", RoomModel.Shipped.Name);
        Assert.Equal("sha256:WLP4HIO7wWSpvpoqTdVg1pYq87D7bZGMa7ggFsIm6KQ", RoomModel.Shipped.Digest.ToString());
    }

    [Fact]
    public void Parse_SameNumbersInAnotherOrder_HaveOneDigest()
    {
        var turned = new JsonObject([.. Shipped().Reverse().Select(member => KeyValuePair.Create(member.Key, member.Value?.DeepClone()))]);

        Assert.Equal(RoomModel.Shipped.Digest, RoomModel.Parse(Bytes(turned)).Digest);
        Assert.Equal(RoomModel.Shipped.Digest, Cryptography.Digest.Of(Cryptography.CanonicalJson.Canonicalize(Bytes(turned))));
        Assert.Equal(RoomModel.Shipped, RoomModel.Parse(Encoding.UTF8.GetBytes(RoomModel.Shipped.ToJson())));
    }

    [Fact]
    public void Parse_EveryNumberAlone_ChangesTheDigest()
    {
        var seen = new HashSet<string> { RoomModel.Shipped.Digest.ToString() };
        foreach (var (section, number) in Numbers())
        {
            var changed = Shipped();
            changed[section]![number] = changed[section]![number]!.GetValue<double>() * 1.0001;
            Assert.True(seen.Add(RoomModel.Parse(Bytes(changed)).Digest.ToString()), $"{section}.{number} is not in the digest");
        }

        Assert.Equal(1 + Numbers().Count, seen.Count);
    }

    [Fact]
    public void Parse_EveryNumberMissingOrNull_IsRefused()
    {
        foreach (var (section, number) in Numbers())
        {
            var without = Shipped();
            _ = without[section]!.AsObject().Remove(number);
            _ = Assert.Throws<FormatException>(() => RoomModel.Parse(Bytes(without)));
            var empty = Shipped();
            empty[section]![number] = null;
            _ = Assert.Throws<FormatException>(() => RoomModel.Parse(Bytes(empty)));
        }
    }

    [Theory]
    [InlineData("version", null, "2")]
    [InlineData("name", null, "\"\"")]
    [InlineData("name", null, "\"a b\"")]
    [InlineData("name", null, "null")]
    [InlineData("more", null, "1")]
    [InlineData("persons", "more", "1")]
    [InlineData("persons", null, "null")]
    [InlineData("persons", "citizenship", "-0.5")]
    [InlineData("persons", "otherCitizenship", "0.5")]
    [InlineData("persons", "identifier", "64.5")]
    [InlineData("persons", "identifier", "\"14\"")]
    [InlineData("names", "sound", "1.1")]
    [InlineData("names", "skeleton", "0")]
    [InlineData("names", "near", "0.9")]
    [InlineData("births", "years", "0")]
    [InlineData("births", "overlap", "0")]
    [InlineData("terms", "rarest", "0")]
    [InlineData("terms", "priorCount", "0")]
    [InlineData("thresholds", "told", "0")]
    [InlineData("thresholds", "told", "17")]
    [InlineData("thresholds", "strong", "15")]
    [InlineData("thresholds", "strongRareName", "17")]
    [InlineData("thresholds", "probableSingleName", "15")]
    [InlineData("thresholds", "review", "12")]
    public void Parse_AnotherThanAModel_IsRefused(string member, string? number, string value)
    {
        var model = Shipped();
        if (number is null)
        {
            model[member] = JsonNode.Parse(value);
        }
        else
        {
            model[member]![number] = JsonNode.Parse(value);
        }

        _ = Assert.Throws<FormatException>(() => RoomModel.Parse(Bytes(model)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"version":1,"version":1}""")]
    public void Parse_NoObject_IsRefused(string text) => Assert.Throws<FormatException>(() => RoomModel.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void Parse_TooLong_IsRefused() =>
        Assert.Throws<FormatException>(() => RoomModel.Parse([.. Encoding.UTF8.GetBytes(RoomModel.Shipped.ToJson()), .. Enumerable.Repeat((byte)' ', RoomModel.MaxSize)]));

    [Fact]
    public void FindLinks_OtherNumbers_OtherStrength()
    {
        var strict = Shipped();
        foreach (var (name, bits) in new[] { ("probable", 60), ("probableSingleName", 60), ("probableOtherName", 60), ("strong", 60), ("strongRareName", 60), ("review", 60), ("reviewNameAlone", 60), ("reviewOtherDocument", 60) })
        {
            strict["thresholds"]![name] = bits;
        }

        Assert.Equal(LinkStrength.Strong, Strength(RoomModel.Shipped));
        Assert.Equal(LinkStrength.Possible, Strength(RoomModel.Parse(Bytes(strict))));
    }

    /// <summary>Name, birthday and town agree.</summary>
    private static LinkStrength Strength(RoomModel model)
    {
        var engine = new LinkageEngine(new LinkageOptions { Model = model });
        var (first, second) = (new RecordHandle(1), new RecordHandle(2));
        engine.Add(first, EngineTests.Victim("Kwame Boateng", 0, ""));
        engine.Add(second, EngineTests.Victim("Boateng, Kwame", 0, ""));
        return Assert.Single(engine.FindLinks([first, second], (_, _) => true, TestContext.Current.CancellationToken).Links, link => link.Type == LinkType.SamePersonVictim).Strength;
    }

    private static List<(string Section, string Number)> Numbers() =>
        [.. from section in Shipped() where section.Value is JsonObject from number in section.Value!.AsObject() select (section.Key, number.Key)];

    private static JsonObject Shipped() => JsonNode.Parse(RoomModel.Shipped.ToJson())!.AsObject();

    private static byte[] Bytes(JsonObject model) => Encoding.UTF8.GetBytes(model.ToJsonString());
}
