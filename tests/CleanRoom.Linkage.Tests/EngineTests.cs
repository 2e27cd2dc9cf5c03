using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests;

public sealed class EngineTests
{
    private static readonly string[] Given = ["Amina", "Bela", "Chidi", "Dara", "Emeka", "Farida", "Goran", "Hana"];
    private static readonly string[] Family = ["Okafor", "Petrov", "Rahman", "Sokha", "Tadesse", "Ulanova", "Vargas"];

    [Fact]
    public void FindLinks_AnyOrderOfArrivalAndAnyThreads_GivesTheSameLinks()
    {
        var records = Enumerable.Range(0, 400).Select(i => Record(i)).ToArray();
        var forward = Find(records, Enumerable.Range(0, 400), 1);
        var backward = Find(records, Enumerable.Range(0, 400).Reverse(), 2);
        Assert.NotEmpty(forward);
        Assert.Equal(forward, backward);
    }

    [Fact]
    public void FindLinks_PairThatMayNotBeCompared_IsNeverCompared()
    {
        var engine = new LinkageEngine();
        engine.Add(new RecordHandle(1), Record(7));
        engine.Add(new RecordHandle(2), Record(7));
        var asked = 0;
        var result = engine.FindLinks([new RecordHandle(1), new RecordHandle(2)], (_, _) => { asked++; return false; }, TestContext.Current.CancellationToken);
        Assert.Equal(1, asked);
        Assert.Equal(0, result.PairsCompared);
        Assert.Empty(result.Links);
        Assert.NotEmpty(engine.FindLinks([new RecordHandle(1)], (_, _) => true, TestContext.Current.CancellationToken).Links);
    }

    [Fact]
    public void FindLinks_RecordRemoved_IsFoundNoMore()
    {
        var engine = new LinkageEngine();
        engine.Add(new RecordHandle(1), Record(7));
        engine.Add(new RecordHandle(2), Record(7));
        Assert.True(engine.Remove(new RecordHandle(2)));
        Assert.False(engine.Remove(new RecordHandle(2)));
        Assert.Empty(engine.FindLinks([new RecordHandle(1)], (_, _) => true, TestContext.Current.CancellationToken).Links);
        Assert.Equal(1, engine.Count);
    }

    [Fact]
    public void FindLinks_NewRecordsInTwoEpochs_GivesTheLinksOfOne()
    {
        var engine = new LinkageEngine();
        for (var i = 0; i < 100; i++)
        {
            engine.Add(new RecordHandle(i), Record(i));
        }
        var all = Enumerable.Range(0, 100).Select(i => new RecordHandle(i)).ToArray();
        var once = engine.FindLinks(all, (_, _) => true, TestContext.Current.CancellationToken).Links;
        var later = engine.FindLinks(all[50..], (_, _) => true, TestContext.Current.CancellationToken).Links;
        Assert.Equal(once.Where(l => l.First.Record.Value >= 50 || l.Second.Record.Value >= 50), later);
    }

    [Fact]
    public void FindLinks_TwentyThousandRecordsOfOnePhone_StaysBounded()
    {
        var engine = new LinkageEngine();
        var handles = new List<RecordHandle>();
        for (var i = 0; i < 20_000; i++)
        {
            var record = new CaseRecord { Persons = { new Person { PersonKey = "v1", Role = "Victim", Names = { new PersonName { Full = "Same Name" } } } } };
            AddPhone(record.Persons[0], "phone:+10000000000");
            engine.Add(new RecordHandle(i), record);
            handles.Add(new RecordHandle(i));
        }
        var result = engine.FindLinks(handles, (_, _) => true, TestContext.Current.CancellationToken);
        Assert.True(result.BlocksCut > 0);
        Assert.True(result.PairsCompared < 1_000_000, $"{result.PairsCompared} pairs");
    }

    [Theory]
    [InlineData("same document, other name", "Kwame Boateng", 0, "doc:A:GHA:X1", "Yaw Darko", 3000, "doc:A:GHA:X1", null)]
    [InlineData("same name and birth, same town", "Kwame Boateng", 0, "", "Boateng, Kwame", 0, "", LinkStrength.Strong)]
    [InlineData("father and son", "Kwame Boateng", 0, "", "Kwame Boateng", 9000, "", null)]
    [InlineData("twins with cards of their own", "Kofi Boateng", 0, "doc:ID:GHA:123456781", "Kofie Boateng", 0, "doc:ID:GHA:123456782", null)]
    public void FindLinks_TwoVictims_FollowsTheRules(string what, string firstName, int firstDay, string firstDocument, string secondName, int secondDay, string secondDocument, LinkStrength? expected)
    {
        var engine = new LinkageEngine();
        engine.Add(new RecordHandle(1), Victim(firstName, firstDay, firstDocument));
        engine.Add(new RecordHandle(2), Victim(secondName, secondDay, secondDocument));
        var links = engine.FindLinks([new RecordHandle(1)], (_, _) => true, TestContext.Current.CancellationToken).Links;
        Assert.True(links.FirstOrDefault(l => l.Type == LinkType.SamePersonVictim)?.Strength == expected, what);
        if (firstDocument.Length > 0 && firstDocument == secondDocument)
        {
            Assert.Equal(LinkCautions.SharedDocumentDifferentPersons, Assert.Single(links, l => l.Type == LinkType.SameDocument).Cautions);
        }
    }

    [Fact]
    public void Add_SameHandleTwice_Throws()
    {
        var engine = new LinkageEngine();
        engine.Add(new RecordHandle(1), Record(1));
        _ = Assert.Throws<ArgumentException>(() => engine.Add(new RecordHandle(1), Record(2)));
    }

    [Fact]
    public void FindLinks_OfASubject_GivesTheLinksThatARecordWouldHave_AndLeavesNoTrace()
    {
        var records = Enumerable.Range(0, 300).Select(i => Record(i)).ToArray();
        var engine = new LinkageEngine();
        var quiet = new LinkageEngine();
        for (var i = 0; i < 299; i++)
        {
            engine.Add(new RecordHandle(i), records[i]);
            quiet.Add(new RecordHandle(i), records[i]);
        }
        var asked = new List<RecordHandle>();
        Assert.Empty(engine.FindLinks(records[299], handle => { asked.Add(handle); return false; }));
        Assert.NotEmpty(asked);
        var found = engine.FindLinks(records[299], _ => true);
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(found, engine.FindLinks(records[299], _ => true));
        }
        Assert.All(found, link => Assert.Equal(RecordHandle.OfNoRecord, link.Second.Record));
        Assert.Equal(299, engine.Count);
        var all = Enumerable.Range(0, 299).Select(i => new RecordHandle(i)).ToArray();
        Assert.Equal(quiet.FindLinks(all, (_, _) => true, TestContext.Current.CancellationToken).Links, engine.FindLinks(all, (_, _) => true, TestContext.Current.CancellationToken).Links);

        // By numbers it finds what a record in the index would; persons weigh by frequencies, which it does not change.
        engine.Add(new RecordHandle(299), records[299]);
        var added = engine.FindLinks([new RecordHandle(299)], (_, _) => true, TestContext.Current.CancellationToken).Links;
        Assert.Equal(added.Where(IsNumber).Select(link => (link.First.Record, link.Type, link.Strength)), found.Where(IsNumber).Select(link => (link.First.Record, link.Type, link.Strength)));
        Assert.Contains(found, IsNumber);

        static bool IsNumber(Link link) => link.Type == LinkType.SamePhone;
    }

    internal static CaseRecord Victim(string name, int day, string document)
    {
        var person = new Person { PersonKey = "v1", Role = "Victim", Names = { new PersonName { Full = name } }, Birth = new PartialDate { EarliestDay = day + 9000, LatestDay = day + 9000, Precision = "Day" } };
        if (document.Length > 0)
        {
            person.Identifiers.Add(new Identifier { Kind = "Document", Raw = document, Value = document, Candidates = { document }, HolderRole = "Victim", HolderPersonKey = "v1", Possible = true });
        }
        return new CaseRecord { Persons = { person }, Events = { new Event { Type = "Exploitation", Place = new Place { Country = "GHA", Locality = "Tamale" } } } };
    }

    private static Link[] Find(CaseRecord[] records, IEnumerable<int> order, int threads)
    {
        var engine = new LinkageEngine(new LinkageOptions { Threads = threads });
        foreach (var i in order)
        {
            engine.Add(new RecordHandle(i), records[i]);
        }
        return [.. engine.FindLinks([.. order.Select(i => new RecordHandle(i))], (a, b) => (a.Value + b.Value) % 3 != 0, TestContext.Current.CancellationToken).Links];
    }

    private static CaseRecord Record(int i)
    {
        var person = new Person
        {
            PersonKey = "v1",
            Role = "Victim",
            Names = { new PersonName { Full = $"{Given[i % Given.Length]} {Family[i % Family.Length]}" } },
            Birth = new PartialDate { EarliestDay = 8000 + (i % 56), LatestDay = 8000 + (i % 56), Precision = "Day" },
        };
        AddPhone(person, $"phone:+1555{i % 90:0000000}");
        return new CaseRecord { Persons = { person } };
    }

    private static void AddPhone(Person person, string value) =>
        person.Identifiers.Add(new Identifier { Kind = "Phone", Raw = value, Value = value, Candidates = { value }, HolderRole = "Victim", HolderPersonKey = person.PersonKey, Possible = true });
}
