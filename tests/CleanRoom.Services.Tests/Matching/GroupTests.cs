using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Groups;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Linkage.Models;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;
using CleanRoom.Records;
using CleanRoom.Records.V1;
using Google.Protobuf;
using Person = CleanRoom.Records.V1.Person;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Groups of persons who have something in common that identifies nobody (Q10): who is in one, who is told, and what nobody can make out (T6, T12).</summary>
public sealed class GroupTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Due = new(2026, 10, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Next = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly MemberId Bravo = MemberId.Parse("bravo");
    private static readonly MemberId Charlie = MemberId.Parse("charlie");
    private static readonly MemberId[] Owners = [Alpha, Bravo, Charlie];
    private static readonly MemberId Police = MemberId.Parse("police");
    private static readonly MemberId Prosecutor = MemberId.Parse("prosecutor");
    private static readonly string[] Consents = ["C2_BLIND_MATCH", "C3_TELL_NGO", "C5_LE_NONIDENT"];
    private static readonly string[] Held =
        ["DebtBondage", "TakesEarnings", "RestrictsMovement", "WithholdsDocuments", "ExcessiveWorkingHours", "FalsePromises", "PsychologicalAbuse", "WithholdsNecessities", "RestrictsFinancialAccess"];
    private static readonly string[] Names = ["Sreyneang Sok", "Thida Chhoeun", "Bopha Keo", "Malis Heng", "Ratana Pich"];

    private readonly Dictionary<MemberId, SigningKey> _organisations = [];
    private readonly RecordShelf _shelf = new(RoomModel.Shipped, 10_000);
    private readonly KeyRing _keys = OutboxTests.KeysOf(Owners);
    private readonly RoomState _state;
    private readonly Outbox _outbox;
    private int _index;

    public GroupTests()
    {
        _state = OutboxTests.MakeState(OwnRuleTests.Samples("Q1*.json").Where(query => query.Group is not null || query.Id == "Q1"), keys: _organisations);
        _outbox = new Outbox(_state.Room);
        foreach (var owner in Owners)
        {
            List(owner, [.. Owners.Where(other => other != owner)]);
        }
    }

    /// <summary>Three of each of three contributors: whichever is left out, there are six.</summary>
    [Fact]
    public void Q10_AGroupOfThree_IsToldToWhoHoldsOneOfThem_AndToWhomTheCharterNames()
    {
        Fill(Route, 3, 3, 3);
        Epoch(Start);
        Assert.All(Owners, member => Assert.Empty(Told(member, Due.AddSeconds(-1))));
        Epoch(Due);
        var all = Owners.Append(Police).ToDictionary(member => member, member => Assert.Single(Told(member, Due)));
        Assert.All(all.Values, message => Assert.Equal(("Q10", "1.0.0", new DateTimeOffset(2026, 7, 1, 0, 0, 0, TimeSpan.Zero)), (message.Query, message.Version, message.Until)));
        var group = Assert.Single(all[Alpha].Told);
        Assert.Equal("5+", group.Band);
        Assert.Equal([new Region("MMR", "MM-13"), new Region("THA", "TH-63"), new Region("THA", "TH-74")], group.Places);
        Assert.Equal(["2026-Q1", "2026-Q2"], group.Quarters);
        Assert.Equal(["platformRecruitment:Facebook"], group.Codes);
        Assert.All(all.Values, message => Assert.Equal(group.Id, Assert.Single(message.Told).Id));
        Assert.Empty(Told(Prosecutor, Due));
        Epoch(Next);
        Assert.All(Owners, member => Assert.Empty(Told(member, Next)));
    }

    [Theory]
    [InlineData("one person fewer")]
    [InlineData("one contributor alone")]
    [InlineData("made up by one")]
    [InlineData("half a year later")]
    [InlineData("a year alone is known")]
    [InlineData("day and month may be swapped")]
    [InlineData("the other way round")]
    [InlineData("two regions")]
    [InlineData("region not known")]
    [InlineData("region of another country")]
    [InlineData("a shelter on the way")]
    [InlineData("nothing else agrees")]
    [InlineData("other is no agreement")]
    [InlineData("no C5")]
    [InlineData("no C2")]
    [InlineData("C5 has ended")]
    [InlineData("a child")]
    [InlineData("caveat")]
    [InlineData("found not to be trafficked")]
    [InlineData("a suspect")]
    [InlineData("not evaluated yet")]
    [InlineData("one has left out another contributor")]
    public void Q10_WithoutEnoughOfThem_NobodyIsTold(string what)
    {
        // Two of alpha, three of bravo and one of charlie: without bravo, three; with the last two, five whoever is left out.
        var (alpha, bravo) = what == "one contributor alone" ? (0, 9) : what == "made up by one" ? (1, 20) : (3, 4);
        Fill(Route, alpha, bravo, 0);
        for (var i = 0; i < 2; i++)
        {
            Put(what is "one contributor alone" ? Bravo : what is "made up by one" ? Alpha : Charlie, Spoilt(Route(), what, i));
        }

        Epoch(Start, evaluated: what != "not evaluated yet");
        Epoch(Due, evaluated: false);
        Assert.All((MemberId[])[.. Owners, Police], member => Assert.Empty(Told(member, Due)));
    }

    [Fact]
    public void Q10_TheSameWithNothingSpoilt_IsTold()
    {
        Fill(Route, 3, 4, 2);
        Epoch(Start);
        Epoch(Due);
        Assert.All(Owners, member => Assert.Equal("5+", Assert.Single(Assert.Single(Told(member, Due)).Told).Band));
    }

    /// <summary>Of two codes one is had by too few: it is not told, and who has nothing else is not counted.</summary>
    [Fact]
    public void Q10_ACodeOfTooFew_IsNotTold_NorWhoHasNothingElse()
    {
        Fill(Route, 3, 3, 3);
        Fill(() => With(Route(), record => record.Exploitation[0].PlatformsRecruitment.Add("Telegram")), 2, 1, 0);
        Fill(() => With(Route(), record => record.Exploitation[0].PlatformsRecruitment[0] = "Zalo"), 4, 4, 0);
        Epoch(Start);
        Epoch(Due);
        var group = Assert.Single(Assert.Single(Told(Alpha, Due)).Told);
        Assert.Equal(("5+", "platformRecruitment:Facebook"), (group.Band, Assert.Single(group.Codes)));
    }

    [Fact]
    public void Q10_NamesOfPlaces_CountAsTheirCodes_AndNoWordOfARecordIsTold()
    {
        Fill(() => With(Route(), record => record.Events.ToList().ForEach(item => item.Place.Name = item.Place.Raw = "Sommut's shed")), 3, 3, 0);
        Fill(() => With(Route(), record => (record.Events[2].Place.Admin1, record.Events[2].Place.Locality) = ("", "สมุทรสาคร")), 0, 0, 3);
        Epoch(Start);
        Epoch(Due);
        Assert.Equal(new Region("THA", "TH-74"), Assert.Single(Assert.Single(Told(Charlie, Due)).Told).Places[^1]);
    }

    /// <summary>Two corners of one cell, 4.9 km apart, and the first and the last day of a month.</summary>
    [Theory]
    [InlineData("", "TH-10")]
    [InlineData("TH-10", "TH-10")]
    [InlineData("TH-11", null)]
    public void Q12_OnePlaceAndTime_IsToldByRegionAndQuarter_ToWhoHoldsOneOfThem(string region, string? told)
    {
        Fill(() => Stay(13.5001, 100.5001, 1), 3, 3, 0);
        Fill(() => With(Stay(13.5311, 100.5311, 31), record => record.Events[0].Place.Admin1 = region), 0, 0, 3);
        Epoch(Start);
        Epoch(Due);
        var all = Owners.ToDictionary(member => member, member => Assert.Single(Told(member, Due)));
        Assert.All(all.Values, message =>
        {
            Assert.Equal(("Q12", GroupBy.Place), (message.Query, message.Terms.By));
            var group = Assert.Single(message.Told);
            Assert.Equal(("5+", new Region("THA", told)), (group.Band, Assert.Single(group.Places)));
            Assert.Equal(["2026-Q1"], group.Quarters);
            Assert.Empty(group.Codes);
        });
        Assert.Empty(Told(Police, Due));
        Assert.Empty(Told(Prosecutor, Due));
    }

    [Fact]
    public void Q12_OneTown_IsOnePlace_InAllItsSpellings()
    {
        Fill(() => Town("Mahachai"), 3, 3, 0);
        Fill(() => Town("สมุทรสาคร"), 0, 0, 3);
        Epoch(Start);
        Epoch(Due);
        Assert.Equal(new Region("THA", "TH-74"), Assert.Single(Assert.Single(Assert.Single(Told(Charlie, Due)).Told).Places));
    }

    [Theory]
    [InlineData("one person fewer")]
    [InlineData("the next cell")]
    [InlineData("more than five kilometres")]
    [InlineData("the next month")]
    [InlineData("a quarter alone is known")]
    [InlineData("a suspect is named")]
    [InlineData("an employer is named")]
    [InlineData("an exploiter is named")]
    [InlineData("of another kind")]
    [InlineData("a shelter")]
    [InlineData("no position")]
    [InlineData("no position on earth")]
    [InlineData("no C3")]
    [InlineData("no C2")]
    [InlineData("C3 for another alone")]
    [InlineData("one has left out another contributor")]
    [InlineData("a child")]
    public void Q12_WithoutEnoughOfThem_NobodyIsTold(string what)
    {
        Fill(() => Stay(13.5001, 100.5001, 9), 3, 4, 0);
        for (var i = 0; i < 2; i++)
        {
            Put(Charlie, SpoiltStay(Stay(13.5001, 100.5001, 9), what, i));
        }

        Epoch(Start);
        Epoch(Due);
        Assert.All((MemberId[])[Alpha, Bravo, Police], member => Assert.Empty(Told(member, Due)));
        // Charlie may be told of the others, if they are enough; here they are only with its own.
        Assert.All(Told(Charlie, Due), _ => Assert.Equal("C3 for another alone", what));
    }

    [Fact]
    public void Q12_TheSameWithNothingSpoilt_IsTold()
    {
        Fill(() => Stay(13.5001, 100.5001, 9), 3, 4, 2);
        Epoch(Start);
        Epoch(Due);
        Assert.All(Owners, member => Assert.Single(Told(member, Due)));
    }

    [Fact]
    public void Q12_APositionSaysMoreThanATown_AndNeitherIsToldNorAnyWord()
    {
        Fill(() => With(Stay(13.5001, 100.5001, 9), record => record.Events[0].Place.Locality = "Mahachai"), 4, 4, 0);
        Fill(() => With(Town("Sommut's shed"), record => record.Events[0].Place.Admin1 = "TH-74"), 5, 5, 0);
        Epoch(Start);
        Epoch(Due);
        // The message is read again from its bytes: that it has no place for words is its form.
        Assert.Equal(new Region("THA", "TH-74"), Assert.Single(Assert.Single(Assert.Single(Told(Alpha, Due)).Told).Places));
    }

    [Fact]
    public void Q13_APattern_IsToldByIdAndBand_ToWhoHoldsOneOfThem()
    {
        // Ten indicators, nine of them in common: a cosine of 0.9 between any two.
        Fill(() => Pattern(Held), 1, 2, 0);
        Fill(() => Pattern([.. Held, "Threats"]), 2, 1, 0);
        Fill(() => Pattern([.. Held, "SexualAbuse"]), 1, 2, 2);
        Epoch(Start);
        Epoch(Due);
        var all = Owners.ToDictionary(member => member, member => Assert.Single(Told(member, Due)));
        Assert.All(all.Values, message =>
        {
            Assert.Equal(("Q13", GroupBy.Pattern), (message.Query, message.Terms.By));
            var group = Assert.Single(message.Told);
            Assert.Equal("5+", group.Band);
            Assert.Equal((0, 0, 0), (group.Codes.Count, group.Places.Count, group.Quarters.Count));
        });
        Assert.Equal(all[Alpha].Told[0].Id, all[Bravo].Told[0].Id);
        Assert.Empty(Told(Police, Due));
    }

    [Theory]
    [InlineData("one person fewer")]
    [InlineData("another way")]
    [InlineData("said to be no")]
    [InlineData("too few indicators")]
    [InlineData("from elsewhere")]
    [InlineData("to elsewhere")]
    [InlineData("of two countries")]
    [InlineData("no C2")]
    [InlineData("C2 for another alone")]
    [InlineData("one has left out another contributor")]
    [InlineData("a child")]
    [InlineData("caveat")]
    public void Q13_WithoutEnoughOfThem_NobodyIsTold(string what)
    {
        Fill(() => Pattern(Held), 3, 4, 0);
        for (var i = 0; i < 2; i++)
        {
            Put(Charlie, SpoiltPattern(Pattern(Held), what, i));
        }

        Epoch(Start);
        Epoch(Due);
        Assert.All((MemberId[])[.. Owners, Police], member => Assert.Empty(Told(member, Due)));
    }

    [Fact]
    public void Q13_TheSameWithNothingSpoilt_IsTold()
    {
        Fill(() => Pattern(Held), 3, 4, 2);
        Epoch(Start);
        Epoch(Due);
        Assert.All(Owners, member => Assert.Single(Told(member, Due)));
    }

    [Fact]
    public void Q13_FourIndicators_AreNoPattern_AndFiveAre()
    {
        Fill(() => Pattern([.. Held[..3], "Other", "NotSpecified", "Threats"]), 9, 9, 9);
        Epoch(Start);
        Epoch(Due);
        Assert.All(Owners, member => Assert.Empty(Told(member, Due)));
        Fill(() => Pattern(Held[..5]), 9, 9, 9);
        Epoch(Due.AddDays(-40));
        Epoch(Next);
        Assert.All(Owners, member => Assert.Equal("11+", Assert.Single(Assert.Single(Told(member, Next)).Told).Band));
    }

    /// <summary>The attack: made-up records that are alike with each of two ways, so that too few of each would stand in one group.</summary>
    [Fact]
    public void Q13_MadeUpRecordsBetweenTwoWays_MakeNoGroupOfThem()
    {
        Fill(() => Pattern("DebtBondage", "TakesEarnings", "Threats", "FalsePromises", "SexualAbuse"), 0, 4, 0);
        Fill(() => Pattern("DebtBondage", "TakesEarnings", "Threats", "PhysicalAbuse", "UsesChildren"), 0, 0, 4);
        Fill(() => Pattern("DebtBondage", "TakesEarnings", "Threats", "FalsePromises", "PhysicalAbuse"), 200, 0, 0);
        Fill(() => Pattern("DebtBondage", "TakesEarnings", "Threats", "FalsePromises", "SexualAbuse", "PhysicalAbuse", "UsesChildren"), 100, 0, 0);
        Epoch(Start);
        Epoch(Due);
        Assert.All(Owners, member => Assert.Empty(Told(member, Due)));
    }

    /// <summary>The attack: a word that all of them write into the field for the region.</summary>
    [Theory]
    [InlineData("Sommut")]
    [InlineData("SOMMUT")]
    [InlineData("TH-SHED")]
    [InlineData("MM-63")]
    [InlineData("th-63")]
    public void Q10_WhatIsNoRegionOfItsCountry_IsNone(string region)
    {
        Fill(() => With(Route(), record => record.Events[1].Place.Admin1 = region), 9, 9, 9);
        Epoch(Start);
        Epoch(Due);
        Assert.All(Owners, member => Assert.Empty(Told(member, Due)));
    }

    /// <summary>A person whom two have met is one; each record that puts her into the group makes up for the other.</summary>
    [Fact]
    public void APersonWhomTwoHaveMet_IsOne()
    {
        for (var i = 0; i < 5; i++)
        {
            foreach (var owner in (MemberId[])[Alpha, Bravo])
            {
                Put(owner, Named(Route(), i));
            }
        }

        Epoch(Start);
        Epoch(Due);
        Assert.Equal("5+", Assert.Single(Assert.Single(Told(Alpha, Due)).Told).Band);
        Assert.Empty(Told(Charlie, Due));
    }

    /// <summary>The attack: made-up records, as many as one likes, to learn of fewer than k others, or how many they are.</summary>
    [Theory]
    [InlineData(4, 500, null)]
    [InlineData(5, 5, "5+")]
    [InlineData(5, 6, "5+")]
    [InlineData(10, 500, "5+")]
    [InlineData(11, 500, "11+")]
    public void MadeUpRecords_TellNothingOfFewer_AndMoveNoBandPastTheOthers(int others, int madeUp, string? band)
    {
        Fill(Route, madeUp, others, 0);
        Epoch(Start);
        Epoch(Due);
        Assert.Equal(band, Told(Alpha, Due).SelectMany(message => message.Told).SingleOrDefault()?.Band);
    }

    /// <summary>The attack: a made-up record of a person whom another contributor holds changes what that contributor's own record says of her.</summary>
    [Fact]
    public void ARecordOfAnothersPerson_PutsHerIntoNoGroupByItself()
    {
        Fill(Route, 0, 4, 0);
        Put(Bravo, Named(With(Route(), record => record.Events.Clear()), 1));
        Fill(Route, 6, 0, 0);
        Put(Alpha, Named(Route(), 1));
        Epoch(Start);
        Epoch(Due);
        Assert.Empty(Told(Alpha, Due));
    }

    /// <summary>The attack: the same group twice, with one person more or less in between; whoever subtracts them has that person.</summary>
    [Theory]
    [InlineData("one more")]
    [InlineData("one withdrawn")]
    [InlineData("one takes her consent back")]
    [InlineData("one record comes again, changed")]
    [InlineData("one comes again to another contributor")]
    public void TwoReleases_ThatDifferInOnePerson_HaveNobodyInCommon(string what)
    {
        Fill(Route, 6, 6, 5);
        var known = Put(Charlie, Named(Route(), 1));
        Epoch(Start);
        Epoch(Due);
        Assert.Equal("11+", Assert.Single(Assert.Single(Told(Alpha, Due)).Told).Band);
        switch (what)
        {
            case "one more":
                Put(Alpha, Route());
                break;
            case "one withdrawn":
                _shelf.Withdraw(_index, 0);
                break;
            case "one takes her consent back":
                Assert.True(_shelf.Change(Charlie, new RoomAct.ConsentChange(known, "C5_LE_NONIDENT", false, null, "", [], [])));
                break;
            case "one comes again to another contributor":
                // With five new ones on both sides she would make up what is missing on one.
                Fill(Route, 4, 5, 0);
                Put(Alpha, Named(Route(), 1));
                break;
            default:
                var changed = Named(Route(), 1);
                changed.RecordId = ByteString.CopyFrom(Guid.NewGuid().ToByteArray(bigEndian: true));
                changed.Supersedes = ByteString.CopyFrom(known.ToByteArray(bigEndian: true));
                OutboxTests.Put(_shelf, _state.Room, Charlie, ++_index, changed);
                break;
        }

        Epoch(Due.AddDays(1));
        Assert.Empty(Told(Alpha, Due.AddDays(1)));
        Epoch(Next);
        Epoch(Next.AddMonths(3));
        Assert.All(Owners, member => Assert.All(Told(member, Next.AddMonths(3)), message => Assert.Equal(Due.AddMonths(-3), message.Until)));
    }

    /// <summary>Made crowds: whoever withdraws before the release, what is told has k of others whoever is left out, and everybody who is told may know of every record.</summary>
    [Fact]
    public void WhoeverWithdrawsBefore_NothingSmallerIsTold_AndAfterwardsNothingMore()
    {
        var told = 0;
        for (var seed = 0; seed < 40; seed++)
        {
            using var room = new GroupTests();
            var random = new Random(seed);
            var held = Owners.ToDictionary(owner => owner, _ => 0);
            var crowd = Enumerable.Range(0, random.Next(6, 16)).Select(_ => Owners[random.Next(3)]).ToList();
            for (var i = 0; i < crowd.Count; i++)
            {
                room.Put(crowd[i], Route());
                held[crowd[i]]++;
            }

            room.Epoch(Start);
            for (var i = 0; i < crowd.Count; i++)
            {
                if (random.Next(5) == 0)
                {
                    room._shelf.Withdraw(i + 1, 0);
                    held[crowd[i]]--;
                }
            }

            room.Epoch(Due);
            var least = held.Values.Where(count => count > 0).Select(count => held.Values.Sum() - count).DefaultIfEmpty().Min();
            foreach (var owner in Owners)
            {
                var bands = room.Told(owner, Due).SelectMany(message => message.Told).Select(group => group.Band).ToList();
                Assert.Equal(held[owner] == 0 || least < 5 ? [] : [least > 10 ? "11+" : "5+"], bands);
                told += bands.Count;
            }

            room._shelf.Withdraw(random.Next(crowd.Count) + 1, 0);
            room.Epoch(Next);
            Assert.All(Owners, owner => Assert.Empty(room.Told(owner, Next)));
        }

        Assert.InRange(told, 20, 119);
    }

    [Fact]
    public void WhatIsTold_HangsOnNoOrder_AndItsIdOnEveryRecord()
    {
        var records = Enumerable.Range(0, 12).Select(i => (Owner: Owners[i % 3], Record: With(Route(), record => record.RecordId = ByteString.CopyFrom(new Guid(i, 0, 0, new byte[8]).ToByteArray(bigEndian: true))))).ToList();
        var ids = new List<string>();
        foreach (var order in (IEnumerable<(MemberId Owner, CaseRecord Record)>[])[records, records.AsEnumerable().Reverse(), records.OrderBy(item => item.Owner), records.Take(11)])
        {
            using var room = new GroupTests();
            foreach (var (owner, record) in order)
            {
                OutboxTests.Put(room._shelf, room._state.Room, owner, ++room._index, record.Clone());
            }

            room.Epoch(Start);
            room.Epoch(Due);
            ids.Add(Assert.Single(Assert.Single(room.Told(Alpha, Due)).Told).Id);
        }

        Assert.Equal([ids[0], ids[0], ids[0]], ids.Take(3));
        Assert.NotEqual(ids[0], ids[3]);
    }

    /// <summary>Two groups that are alike, and records that could stand in either: which do hangs on what they say and on nothing else.</summary>
    [Fact]
    public void Q13_WhoStandsInWhich_HangsOnNoOrder()
    {
        string[][] ways = [Held, [.. Held[..8], "Threats"], [.. Held[..7], "Threats", "SexualAbuse"], [.. Held[..6], "Threats", "SexualAbuse", "UsesChildren"]];
        var records = Enumerable.Range(0, 60).Select(i => (Owner: Owners[i % 3], Record: With(Pattern(ways[i / 3 % 4]), record => record.RecordId = ByteString.CopyFrom(new Guid(i, 0, 0, new byte[8]).ToByteArray(bigEndian: true))))).ToList();
        var told = new List<string>();
        foreach (var seed in Enumerable.Range(0, 4))
        {
            using var room = new GroupTests();
            foreach (var (owner, record) in records.OrderBy(item => item.Record.RecordId.Span[3] * (seed + 1) * 7 % 61))
            {
                OutboxTests.Put(room._shelf, room._state.Room, owner, ++room._index, record.Clone());
            }

            room.Epoch(Start);
            room.Epoch(Due);
            told.Add(string.Join(' ', Assert.Single(room.Told(Alpha, Due)).Told.Select(group => $"{group.Id} {group.Band}")));
        }

        Assert.Equal(2, told[0].Split("+").Length - 1);
        Assert.All(told, one => Assert.Equal(told[0], one));
    }

    [Fact]
    public void WhoIsNotAgreedTo_HearsNothing_WhileTheOthersDo()
    {
        Fill(Route, 3, 3, 2);
        Put(Charlie, With(Route(), record => record.Consents.ToList().ForEach(consent => consent.ExcludedRecipients.Add("police"))));
        Epoch(Start);
        Epoch(Due);
        Assert.Single(Told(Alpha, Due));
        Assert.Empty(Told(Police, Due));
    }

    [Fact]
    public void AStranger_NeitherMakesUpAGroup_NorHearsOfIt_NorKeepsItFromTheOthers()
    {
        List(Charlie, []);
        Fill(Route, 4, 5, 9);
        Epoch(Start);
        Epoch(Due);
        Assert.All((MemberId[])[.. Owners, Police], member => Assert.Empty(Told(member, Due)));
        Fill(Route, 5, 5, 9);
        Epoch(Due.AddDays(-40));
        Epoch(Next);
        Assert.Single(Told(Alpha, Next));
        Assert.Single(Told(Bravo, Next));
        Assert.Empty(Told(Charlie, Next));
    }

    [Fact]
    public void WhatTheLogDoesNotBind_IsNotToldAnyMore()
    {
        Fill(Route, 5, 5, 5);
        Epoch(Start);
        Epoch(Due);
        Assert.Single(Told(Alpha, Due));
        _outbox.PutBack(Alpha);
        Assert.All(Owners, member => Assert.Empty(Told(member, Due)));
    }

    [Fact]
    public void WhatWasReleasedInEntriesThatAreLost_IsNotReleasedAgain()
    {
        Fill(Route, 5, 5, 5);
        Epoch(Start);
        OutboxTests.Lose(_state, _organisations, until: Due.AddDays(1));
        Epoch(Due.AddDays(1));
        Assert.All(Owners, member => Assert.Empty(Told(member, Due.AddDays(1))));
    }

    [Fact]
    public void ADecoy_IsInNoGroup()
    {
        Fill(Route, 5, 4, 0);
        var decoy = Route();
        decoy.Decoy = true;
        decoy.ContributorRecordRef = "decoy";
        OutboxTests.Put(_shelf, _state.Room, Bravo, ++_index, decoy, mostDecoys: 1);
        Epoch(Start);
        Epoch(Due);
        Assert.All(Owners, member => Assert.Empty(Told(member, Due)));
    }

    public void Dispose()
    {
        _keys.Dispose();
        foreach (var key in _organisations.Values)
        {
            key.Dispose();
        }
    }

    private static CaseRecord Spoilt(CaseRecord record, string what, int number)
    {
        switch (what)
        {
            case "one person fewer":
                if (number == 1)
                {
                    record.Events.Clear();
                }

                break;
            case "half a year later":
                record.Events[2].When = Day(2026, 7, 1);
                break;
            case "a year alone is known":
                record.Events[2].When = new PartialDate { EarliestDay = DayOf(2026, 1, 1), LatestDay = DayOf(2026, 12, 31), Precision = "Year" };
                break;
            case "day and month may be swapped":
                record.Events[2].When.SwappedDayMonthPossible = true;
                break;
            case "the other way round":
                (record.Events[0].Type, record.Events[2].Type) = ("Exploitation", "Recruitment");
                break;
            case "two regions":
                record.Events[1].Place = record.Events[0].Place.Clone();
                break;
            case "region not known":
                record.Events[1].Place.Admin1 = "Somewhere";
                break;
            case "region of another country":
                record.Events[1].Place.Admin1 = "MM-63";
                break;
            case "a shelter on the way":
                record.Events[1].Place.Protected = true;
                break;
            case "nothing else agrees":
                record.Exploitation.Clear();
                break;
            case "other is no agreement":
                record.Exploitation[0].PlatformsRecruitment[0] = "Other";
                break;
            case "no C5":
                record.Consents.RemoveAt(2);
                break;
            case "no C2":
                record.Consents.RemoveAt(0);
                break;
            case "C5 has ended":
                record.Consents[2].ExpiresDay = (int)(Due - DateTimeOffset.UnixEpoch).TotalDays;
                break;
            case "a child":
                record.Persons[0].MajorityNow = "Minor";
                break;
            case "caveat":
                record.Handling = new Handling { Caveats = { "SMALL_COMMUNITY" } };
                break;
            case "found not to be trafficked":
                record.Determination = new Determination { Status = "NotAVictimOfTrafficking" };
                break;
            case "a suspect":
                record.Persons[0].Role = "Suspect";
                break;
            case "one has left out another contributor":
                record.Consents[0].ExcludedRecipients.Add("bravo");
                break;
            default:
                break;
        }

        return record;
    }

    private static CaseRecord SpoiltPattern(CaseRecord record, string what, int number)
    {
        switch (what)
        {
            case "one person fewer":
                if (number == 1)
                {
                    record.Exploitation.Clear();
                }

                break;
            case "another way":
                // Seven of nine in common: a cosine of 0.78.
                record.Exploitation[0] = Pattern([.. Held[..7], "Threats", "SexualAbuse"]).Exploitation[0];
                break;
            case "said to be no":
                record.Exploitation[0].MeansOfControl.ToList().ForEach(means => means.Answer = Answer.No);
                break;
            case "too few indicators":
                record.Exploitation[0].MeansOfControl.Clear();
                record.Exploitation[0].MeansOfControl.Add(new Flag { Code = "DebtBondage", Answer = Answer.Yes });
                break;
            case "from elsewhere":
                record.Persons[0].Citizenship[0] = "KHM";
                break;
            case "to elsewhere":
                record.Events[0].Place.Country = "MYS";
                break;
            case "of two countries":
                record.Persons[0].Citizenship.Add("KHM");
                break;
            case "C2 for another alone":
                record.Consents[0].NamedRecipients.Add("charlie");
                break;
            default:
                return Spoilt(record, what, number);
        }

        return record;
    }

    private static CaseRecord Pattern(params string[] means)
    {
        var record = Route();
        record.Persons[0].Citizenship.Add("MMR");
        record.Events.Clear();
        record.Events.Add(new Event { Type = "Exploitation", Seq = 1, Place = new Place { Country = "THA" } });
        record.Exploitation[0] = new Exploitation { MeansOfControl = { means.Select(code => new Flag { Code = code, Answer = Answer.Yes }) } };
        return record;
    }

    private static CaseRecord SpoiltStay(CaseRecord record, string what, int number)
    {
        switch (what)
        {
            case "one person fewer":
                if (number == 1)
                {
                    record.Events.Clear();
                }

                break;
            case "the next cell":
                record.Events[0].Place.Latitude = 13.4999;
                break;
            case "more than five kilometres":
                record.Events[0].Place.Longitude = 100.56;
                break;
            case "the next month":
                record.Events[0].When = Day(2026, 4, 1);
                break;
            case "a quarter alone is known":
                record.Events[0].When = new PartialDate { EarliestDay = DayOf(2026, 1, 1), LatestDay = DayOf(2026, 3, 31), Precision = "Quarter" };
                break;
            case "a suspect is named":
                record.Persons.Add(new Person { PersonKey = "s1", Role = "Suspect" });
                break;
            case "an employer is named":
                record.Exploitation.Add(new Exploitation { EmployerRef = "o1" });
                break;
            case "an exploiter is named":
                record.Exploitation.Add(new Exploitation { ExploiterRefs = { "s1" } });
                break;
            case "of another kind":
                record.Events[0].Type = "Sighting";
                break;
            case "a shelter":
                record.Events[0].Place.Protected = true;
                break;
            case "no position":
                record.Events[0].Place.ClearLatitude();
                record.Events[0].Place.ClearLongitude();
                break;
            case "no position on earth":
                record.Events[0].Place.Latitude = double.NaN;
                break;
            case "no C3":
                record.Consents.RemoveAt(1);
                break;
            case "C3 for another alone":
                record.Consents[1].NamedRecipients.Add("charlie");
                break;
            default:
                return Spoilt(record, what, number);
        }

        return record;
    }

    private static CaseRecord Stay(double latitude, double longitude, int day)
    {
        var record = Route();
        record.Exploitation.Clear();
        record.Events.Clear();
        record.Events.Add(new Event { Type = "Exploitation", Seq = 1, Place = new Place { Country = "THA", Admin1 = "TH-10", Latitude = latitude, Longitude = longitude }, When = Day(2026, 3, day) });
        return record;
    }

    private static CaseRecord Town(string name)
    {
        var record = Stay(0, 0, 9);
        record.Events[0].Place = new Place { Country = "THA", Locality = name };
        return record;
    }

    private static CaseRecord Route() => new()
    {
        Persons = { new Person { PersonKey = "v1", Role = "Victim", MajorityNow = "Adult" } },
        Events =
        {
            new Event { Type = "Recruitment", Seq = 3, Place = new Place { Country = "MMR", Admin1 = "MM-13" } },
            new Event { Type = "Transit", Seq = 1, Place = new Place { Country = "THA", Admin1 = "TH-63" } },
            new Event { Type = "Exploitation", Seq = 2, Place = new Place { Country = "THA", Admin1 = "TH-74" }, When = Day(2026, 3, 9) },
        },
        Exploitation = { new Exploitation { PlatformsRecruitment = { "Facebook" } } },
        Consents =
        {
            Consents.Select(purpose => new Consent
            {
                Purpose = purpose, State = "Granted", ObtainedDay = 1, ExpiresDay = (int)(Start.AddYears(3) - DateTimeOffset.UnixEpoch).TotalDays,
                NamedRecipients = { purpose == "C5_LE_NONIDENT" ? ["police", "prosecutor"] : Array.Empty<string>() },
            }),
        },
    };

    private static CaseRecord Named(CaseRecord record, int number)
    {
        var person = record.Persons[0];
        person.Names.Add(new PersonName { Full = Names[number] });
        person.Birth = new PartialDate { EarliestDay = 9000 + (300 * number), LatestDay = 9000 + (300 * number), Precision = "Day" };
        person.HomeArea = new Place { Locality = "Prey Veng" };
        return record;
    }

    private static CaseRecord With(CaseRecord record, Action<CaseRecord> change)
    {
        change(record);
        return record;
    }

    private static PartialDate Day(int year, int month, int day) => new() { EarliestDay = DayOf(year, month, day), LatestDay = DayOf(year, month, day), Precision = "Day" };

    private static int DayOf(int year, int month, int day) => DayNumbers.FromDate(new DateOnly(year, month, day));

    private void List(MemberId owner, MemberId[] others)
    {
        using var approver = SigningKey.Generate();
        Assert.True(_state.Apply(_state.Size, new PersonEntry(
            _state.Room, EntryId.From(Guid.NewGuid()), owner, Revoke: false, "p" + _state.Size, approver.PublicKey, PersonRoles.Approver).Sign(_organisations[owner])).IsAccepted);
        Assert.True(_state.Apply(_state.Size, new ListingEntry(_state.Room, EntryId.From(Guid.NewGuid()), owner, others, [], []).Sign(approver)).IsAccepted);
    }

    private void Epoch(DateTimeOffset opening, bool evaluated = true)
    {
        if (evaluated)
        {
            _shelf.MarkEvaluated();
        }

        _outbox.Tables.Close(_state, _shelf, new RoomTime(opening, opening), TestContext.Current.CancellationToken);
    }

    /// <summary>What a member is told, as it goes over the wire.</summary>
    private List<RoomMessage.Groups> Told(MemberId member, DateTimeOffset now)
    {
        var place = new MessagePlace(_state.Room, member, 1, 1, Simulated: true);
        return [.. _outbox.Take(member, 7, _state, _shelf, _keys, now).Where(message => message is not RoomMessage.Ending).Select(message =>
        {
            Assert.True(RoomMessage.TryParse(message.ToBytes(place), place, out var again));
            Assert.InRange(message.ToBytes(place).Length, 1, MessageSeal.Capacity(_state.Charter!.Epochs.MessageBytes));
            return Assert.IsType<RoomMessage.Groups>(again);
        })];
    }

    private void Fill(Func<CaseRecord> make, params int[] each)
    {
        for (var owner = 0; owner < each.Length; owner++)
        {
            for (var i = 0; i < each[owner]; i++)
            {
                Put(Owners[owner], make());
            }
        }
    }

    private Guid Put(MemberId owner, CaseRecord record)
    {
        var id = Guid.NewGuid();
        record.RecordId = ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
        OutboxTests.Put(_shelf, _state.Room, owner, ++_index, record);
        return id;
    }
}
