using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class RoomCharterTests
{
    [Fact]
    public void TryParse_WhatWasBuilt_GivesTheSameBytesAndHash()
    {
        using var room = new TestRoom();
        Assert.True(RoomCharter.TryParse(room.Genesis.CanonicalBytes.Span, out var again, out var errors), string.Join('\n', errors));
        Assert.Equal(room.Genesis.Hash, again.Hash);
        Assert.Equal(Digest.Of(again.CanonicalBytes.Span), again.Hash);
        Assert.Equal(3, again.Contributors.Count);
        Assert.Equal(4, again.Witnesses.Count);
        Assert.Equal(3, again.Quorum);
        Assert.Equal(["Q1", "Q2", "Q3", "Q4", "Q5", "Q6", "Q7", "Q8", "Q9"], again.Queries.Select(query => query.Id));
        Assert.True(CharterDraft.TryParse(again.CanonicalBytes.Span, out var draft));
        Assert.Equal(again.CanonicalBytes.ToArray(), draft.ToBytes());
    }

    [Theory]
    [InlineData(3, 1, 3)]
    [InlineData(4, 1, 3)]
    [InlineData(5, 1, 4)]
    [InlineData(7, 2, 5)]
    public void Quorum_OfWitnessesAndFaulty_OverlapsInAnHonestOne(int n, int f, int q)
    {
        using var room = new TestRoom();
        var draft = room.Draft;
        for (var i = 4; i < n; i++)
        {
            draft.Put(new TestMember($"x{i}").AsContributor());
        }

        if (n == 3)
        {
            draft.Remove(room.Agency.Id);
        }

        var charter = TestRoom.Build(draft.SetFaultyWitnesses(f));
        Assert.Equal(q, charter.Quorum);
        Assert.True((2 * q) - n > f, "two quorums share more than the faulty ones");
    }

    public static TheoryData<string, string> Mistakes() => new()
    {
        { "room", "\"ABC\"" },
        { "version", "0" },
        { "version", "1.5" },
        { "version", "2" /* then previous must be named: path previous */ },
        { "title", "\"\"" },
        { "title", "\"two\\nlines\"" },
        { "simulated", "1" },
        { "validFrom", "\"2026-12-01\"" },
        { "validFrom", "\"2026-12-01T00:00:00+00:00\"" },
        { "expires", "\"2026-11-01T00:00:00Z\"" },
        { "expires", "\"2036-11-01T00:00:00Z\"" },
        { "schema", "\"cleanroom/charter/v2\"" },
        { "purposes.forbidden", "[\"commercial\"]" },
        { "purposes.allowed", "[\"referral\",\"prevention\"]" },
        { "purposes.allowed", "[\"commercial\"]" },
        { "members", "[]" },
        { "members[0].id", "\"enclave\"" },
        { "members[0].id", "\"-x\"" },
        { "members[0].id", "\"b-contributor\"" },
        { "members[0].role", "\"admin\"" },
        { "members[0].approvalExpires", "\"2026-11-01T00:00:00Z\"" },
        { "members[0].broker.endpoint", "\"http://a.example.org:1\"" },
        { "members[0].broker.endpoint", "\"https://a.example.org\"" },
        { "members[0].broker.endpoint", "\"https://a.example.org:8443/path\"" },
        { "members[0].broker.tls", "\"sha256:x\"" },
        { "members[0].broker.standIn", "[\"x\"]" },
        { "members[0].broker.standIn", "[{}]" },
        { "members[0].broker.standIn", "null" },
        { "members[0].organisationKey", "{}" },
        { "members[3].kind", "\"immigration_enforcement\"" },
        { "members[3].kind", "\"business\"" },
        { "members[3].kind", "\"police\"" },
        { "members[3].jurisdictions", "[\"THA\",\"KHM\"]" },
        { "members[3].jurisdictions", "[]" },
        { "members[3].quota.searchesPerMonth", "-1" },
        { "members[3].outcomeDueDays", "0" },
        { "operator.services.ingestion.tls", "\"\"" },
        { "witnesses.faulty", "4" },
        { "witnesses.faulty", "-1" },
        { "enclaves[0].tee", "\"sev-snp\"" },
        { "enclaves[0].tee", "\"unknown\"" },
        { "enclaves[0].reference.measurement", "[\"zz\"]" },
        { "enclaves[0].floors", "3" },
        { "epochs.length", "\"PT0S\"" },
        { "epochs.length", "\"P1Y\"" },
        { "epochs.length", "\"P2M\"" },
        { "epochs.minimumContributors", "2" },
        { "epochs.minimumContributors", "4" },
        { "epochs.slotsPerMember", "1" },
        { "epochs.messageBytes", "100" },
        { "retention.keyLease", "\"P8D\"" },
        { "retention.cryptoperiod", "\"P13M\"" },
        { "linkageModel", "\"sha256:short\"" },
        { "queries[0].id", "\"X1\"" },
        { "queries[0].id", "\"Q2\"" },
        { "queries[0].version", "\"1\"" },
        { "queries[0].kind", "\"survey\"" },
        { "queries[0].link", "[\"SameNothing\"]" },
        { "queries[0].strength", "\"strong\"" },
        { "queries[0].corroboration.contributors", "1" },
        { "queries[0].corroboration.contributors", "5" },
        { "queries[0].tell", "[]" },
        { "queries[1].tell[1].kinds", "[\"immigration_enforcement\"]" },
        { "queries[1].tell[1].message", "\"N2b\"" },
        { "quotas.oneWayPointersPerQuarter", "-1" },
        { "quotas.recordsPerMonth", "{\"d-agency\":5}" },
        { "quotas.recordsPerMonth", "{\"a-contributor\":0}" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void TryParse_OneMistake_IsNamedWithPathAndRemedy(string path, string json)
    {
        using var room = new TestRoom();
        var errors = ErrorsAfter(room, node => Set(node, path, json));
        var expected = (path, json) switch
        {
            ("version", "2") => "previous",
            ("members[0].id", "\"b-contributor\"") => "members[1].id",
            ("queries[0].id", "\"Q2\"") => "queries[1].id",
            ("members", _) => "members",
            _ => path,
        };
        Assert.Contains(errors, error => error.Path.StartsWith(expected, StringComparison.Ordinal));
        Assert.All(errors, error => Assert.NotEmpty(error.Remedy));
    }

    [Theory]
    [InlineData("")]
    [InlineData("purposes")]
    [InlineData("members[0]")]
    [InlineData("members[0].broker")]
    [InlineData("operator.services")]
    [InlineData("epochs")]
    [InlineData("enclaves[0]")]
    [InlineData("queries[0]")]
    [InlineData("queries[1].tell[1]")]
    [InlineData("quotas")]
    public void TryParse_MemberThatIsNotListed_IsRefused(string owner)
    {
        using var room = new TestRoom();
        var path = owner.Length == 0 ? "surprise" : $"{owner}.surprise";
        Assert.Equal([path], ErrorsAfter(room, node => Set(node, path, "1")).Select(error => error.Path));
    }

    [Fact]
    public void TryParse_ThreeMistakes_NamesAllThree()
    {
        using var room = new TestRoom();
        var errors = ErrorsAfter(room, node =>
        {
            Set(node, "title", "7");
            Set(node, "epochs.slotsPerMember", "0");
            Set(node, "members[3].jurisdictions", "[\"tha\"]");
        });
        Assert.Equal(["members[3].jurisdictions[0]", "epochs.slotsPerMember", "title"], errors.Select(error => error.Path).OrderByDescending(path => path.StartsWith('m')).ThenBy(path => path));
    }

    [Fact]
    public void TryParse_BytesThatAreNotCanonical_AreRefused()
    {
        using var room = new TestRoom();
        var text = Encoding.UTF8.GetString(room.Genesis.CanonicalBytes.Span);
        foreach (var bad in (string[])[" " + text, text.Replace("\"version\":1", "\"version\":1.0", StringComparison.Ordinal), text + "\n", "", "[]", "{}",
            text.Replace("\"title\"", "\"title\":\"x\",\"title\"", StringComparison.Ordinal)])
        {
            Assert.False(RoomCharter.TryParse(Encoding.UTF8.GetBytes(bad), out _, out var errors));
            Assert.NotEmpty(errors);
        }
    }

    [Fact]
    public void TryParse_TwoContributors_IsRefused()
    {
        using var room = new TestRoom();
        room.Draft.Remove(room.C.Id);
        Assert.False(room.Draft.TryBuild(out _, out var errors));
        Assert.Contains(errors, error => error.Path == "members");
    }

    [Fact]
    public void TryParse_RealRoom_RefusesTheOperatorsKeysAndSharedKeys()
    {
        using var room = new TestRoom();
        Assert.True(room.NewDraft(simulated: false).TryBuild(out _, out var none), string.Join('\n', none));
        var operators = room.A.AsContributor();
        using var second = new TestStandIn();
        var standIn = second.Terms;
        Assert.True(room.NewDraft(simulated: false).Put(operators with { BrokerTerms = operators.BrokerTerms with { StandIns = [standIn] } }).TryBuild(out _, out none), string.Join('\n', none));
        foreach (var broker in (BrokerTerms[])[
            operators.BrokerTerms with { VerifierKey = room.Operator.PublicKey },
            operators.BrokerTerms with { WitnessKey = room.Operator.PublicKey },
            operators.BrokerTerms with { Tls = room.Operator.PublicKey.Id },
            operators.BrokerTerms with { VerifierKey = room.B.Verifier.PublicKey },
            operators.BrokerTerms with { WitnessKey = room.B.Witness.PublicKey },
            operators.BrokerTerms with { WitnessKey = operators.BrokerTerms.VerifierKey },
            operators.BrokerTerms with { Tls = room.B.Tls.PublicKey.Id },
            operators.BrokerTerms with { StandIns = [standIn with { VerifierKey = room.Operator.PublicKey }] },
            operators.BrokerTerms with { StandIns = [standIn with { VerifierKey = room.B.Verifier.PublicKey }] },
            operators.BrokerTerms with { StandIns = [standIn with { VerifierKey = operators.BrokerTerms.VerifierKey }] },
            operators.BrokerTerms with { StandIns = [standIn with { Tls = room.Operator.PublicKey.Id }] },
            operators.BrokerTerms with { StandIns = [standIn with { Tls = operators.BrokerTerms.Tls }] },
            operators.BrokerTerms with { StandIns = [standIn, standIn with { VerifierKey = room.A.Approver.PublicKey }] },
            operators.BrokerTerms with { StandIns = [standIn, standIn with { VerifierKey = room.A.Approver.PublicKey, Tls = room.A.Uploader.PublicKey.Id }] }])
        {
            var draft = room.NewDraft(simulated: false).Put(operators with { BrokerTerms = broker });
            Assert.False(draft.TryBuild(out _, out var errors));
            Assert.All(errors, error => Assert.Contains("broker.", error.Path, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("sgx", 64, true)]
    [InlineData("sgx", 96, false)]
    [InlineData("sev-snp", 96, true)]
    [InlineData("sev-snp", 64, false)]
    [InlineData("tdx", 96, true)]
    [InlineData("tdx", 128, false)]
    [InlineData("maa", 64, true)]
    [InlineData("maa", 96, true)]
    [InlineData("maa", 80, false)]
    [InlineData("sev-snp", 0, false)]
    [InlineData("azure-vtpm", 0, true)]
    [InlineData("tpm", 0, true)]
    public void TryParse_Measurement_HasTheLengthOfItsKindOfEvidence(string tee, int digits, bool isValid)
    {
        using var room = new TestRoom();
        var reference = digits == 0 ? """{"pcr":{"4":[]}}""" : $$"""{"measurement":["{{new string('a', digits)}}"]}""";
        var draft = room.NewDraft(simulated: false).SetEnclaves(new EnclaveTerms("x", tee, [], System.Text.Encoding.UTF8.GetBytes(reference)));

        Assert.Equal(isValid, draft.TryBuild(out _, out var errors));
        Assert.All(errors, error => Assert.StartsWith("enclaves[0].reference.measurement", error.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void TryParse_RealRoom_RefusesSimulatedEnclavesShortEpochsAndTrustInAllWitnesses()
    {
        using var room = new TestRoom();
        var draft = room.NewDraft(simulated: false).SetEnclaves(EnclaveTerms.ForSimulation("x", TestRoom.Measurement)).SetFaultyWitnesses(0)
            .Set(new EpochTerms(RoomDuration.Seconds(5), 3, 1, 8, 4096));
        Assert.False(draft.TryBuild(out _, out var errors));
        Assert.Equal(["witnesses.faulty", "enclaves[0].tee", "epochs.length", "epochs.minimumNewRecords"], errors.Select(error => error.Path));
    }

    [Theory]
    [InlineData("false")]
    [InlineData("null")]
    [InlineData("1")]
    public void UseStatements_AreInEveryNewDraft_AndNothingButTrueIsWritten(string wrong)
    {
        var begun = CharterDraft.Create(RoomId.From(Guid.NewGuid()), "New", simulated: true, TestRoom.Start, TestRoom.Start.AddYears(1));
        Assert.Contains("\"useStatements\":true", Encoding.UTF8.GetString(begun.ToBytes()).Replace(" ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        using var room = new TestRoom();
        Assert.False(room.Genesis.Epochs.UseStatements);
        Assert.DoesNotContain("useStatements", Encoding.UTF8.GetString(room.Genesis.CanonicalBytes.Span), StringComparison.Ordinal);
        var with = TestRoom.Build(CharterDraft.After(room.Genesis).Set(room.Genesis.Epochs with { UseStatements = true }));
        Assert.True(with.Epochs.UseStatements);
        Assert.Contains(CharterDiff.Describe(room.Genesis, with), line => line.Contains("useStatements", StringComparison.Ordinal));
        var json = JsonNode.Parse(with.CanonicalBytes.Span)!;
        json["epochs"]!["useStatements"] = JsonNode.Parse(wrong);
        Assert.False(RoomCharter.TryParse(CanonicalJson.Canonicalize(json.AsObject()), out _, out var errors));
        Assert.All(errors, error => Assert.Equal("epochs.useStatements", error.Path));
    }

    [Fact]
    public void Put_MemberWithTheSameId_TakesItsPlace()
    {
        using var room = new TestRoom();
        room.Draft.Put(room.A.AsContributor() with { Desk = "other desk" });
        Assert.Equal("other desk", TestRoom.Build(room.Draft).Contributor(room.A.Id)!.Desk);
        Assert.Equal(5, TestRoom.Build(room.Draft).Members.Count);
    }

    [Fact]
    public void Describe_ChangesOfMembersKeysAndThresholds_NamesEachOnce()
    {
        using var room = new TestRoom();
        using var newcomer = new TestMember("newcomer");
        using var key = SigningKey.Generate();
        var draft = CharterDraft.After(room.Genesis).Put(newcomer.AsContributor()).Put(room.A.AsContributor() with { OrganisationKey = key.PublicKey })
            .SetQueries(ShippedQueries.All.Skip(1).Select(query => query.Id == "Q2" ? query with { Strength = MatchStrength.Exact } : query));
        var lines = CharterDiff.Describe(room.Genesis, TestRoom.Build(draft));
        Assert.Contains(lines, line => line.StartsWith("member newcomer (contributor", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.StartsWith("member a-contributor: organisation key", StringComparison.Ordinal));
        Assert.Contains("query Q1 is removed", lines);
        Assert.Contains(lines, line => line.StartsWith("query Q2:", StringComparison.Ordinal));
        Assert.Empty(CharterDiff.Describe(room.Genesis, room.Genesis));
    }

    private static IReadOnlyList<CharterError> ErrorsAfter(TestRoom room, Action<JsonNode> change)
    {
        var node = JsonNode.Parse(room.Genesis.CanonicalBytes.Span)!;
        change(node);
        Assert.False(RoomCharter.TryParse(CanonicalJson.Canonicalize(node), out _, out var errors));
        return errors;
    }

    private static void Set(JsonNode root, string path, string json)
    {
        var parts = path.Replace("[", ".[", StringComparison.Ordinal).Split('.', StringSplitOptions.RemoveEmptyEntries);
        var node = root;
        foreach (var part in parts[..^1])
        {
            node = part[0] == '[' ? node[int.Parse(part.Trim('[', ']'), System.Globalization.CultureInfo.InvariantCulture)]! : node[part]!;
        }

        node[parts[^1]] = JsonNode.Parse(json);
    }
}
