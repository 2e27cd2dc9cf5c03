using System.Text;
using System.Text.Json;
using CleanRoom.Evidence.Policies;

namespace CleanRoom.Evidence.Tests.Vectors;

/// <summary>Key Vault's release policy grammar 1.0.0: the published cases, and what would be easy to get wrong.</summary>
public sealed class ReleasePolicyVectorTests
{
    [Fact]
    public void IsMetBy_PublishedCases_GiveTheirResults()
    {
        using var json = JsonDocument.Parse(Published.File("synthetic/akv/release-policy-cases.json"));
        var cases = json.RootElement.GetProperty("cases").EnumerateArray().ToList();
        Assert.Equal(20, cases.Count);
        Assert.All(cases, item => Assert.Equal(
            (item.GetProperty("name").GetString(), item.GetProperty("expected").GetString()),
            (item.GetProperty("name").GetString(), Result(item.GetProperty("policy").GetRawText(), json.RootElement.GetProperty("claims")))));
    }

    [Theory]
    [InlineData("""{"version":"1.0.0","anyOf":[]}""")]
    [InlineData("""{"version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x","equals":"1"}]}],"else":true}""")]
    [InlineData("""{"version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x","equals":null}]}]}""")]
    [InlineData("""{"version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x","equals":["1"]}]}]}""")]
    [InlineData("""{"version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x..y","equals":"1"}]}]}""")]
    [InlineData("""{"version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x","equals":"1","exists":true}]}]}""")]
    [InlineData("""{"version":"1.0.0","version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x","equals":"1"}]}]}""")]
    [InlineData("""{"version":"1.0.0","anyOf":[{"authority":"","allOf":[{"claim":"x","equals":"1"}]}]}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void TryParse_WhatTheGrammarDoesNotHave_IsInvalid(string policy)
    {
        Assert.False(ReleasePolicy.TryParse(Encoding.UTF8.GetBytes(policy), out _, out var problem));
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"iss":"a","x":"1"}""", true)]
    [InlineData("""{"iss":"a","x":1}""", true)]
    [InlineData("""{"iss":"a","x":1.0}""", false)]
    [InlineData("""{"iss":"a","x":{"1":1}}""", false)]
    [InlineData("""{"iss":"A","x":"1"}""", false)]
    [InlineData("""{"x":"1"}""", false)]
    [InlineData("""{"iss":["a"],"x":"1"}""", false)]
    public void IsMetBy_Claims_MustBeScalarsOfTheAuthority(string claims, bool expected)
    {
        Assert.True(ReleasePolicy.TryParse("""{"version":"1.0.0","anyOf":[{"authority":"a","allOf":[{"claim":"x","equals":"1"}]}]}"""u8, out var policy, out _));
        using var json = JsonDocument.Parse(claims);

        Assert.Equal(expected, policy.IsMetBy(json.RootElement));
    }

    private static string Result(string policy, JsonElement claims) => !ReleasePolicy.TryParse(Encoding.UTF8.GetBytes(policy), out var parsed, out _) ? "invalid-policy"
        : parsed.IsMetBy(claims) ? "release" : "deny";
}
