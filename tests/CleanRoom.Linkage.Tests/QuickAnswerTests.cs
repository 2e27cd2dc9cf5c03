using CleanRoom.Linkage.Comparison;
using CleanRoom.Records.Normalisation.Names;
using CleanRoom.Records.V1;

namespace CleanRoom.Linkage.Tests;

/// <summary>What is answered by a glance is what the whole comparison answers.</summary>
public sealed class QuickAnswerTests
{
    private static readonly string[] Pieces =
        ["a", "e", "i", "o", "u", "ee", "oo", "ou", "eon", "kh", "gh", "th", "dh", "bh", "jh", "ph", "sh", "ch", "cz", "rz", "przy", "ck", "c", "q", "x", "y", "w", "z", "h", "l", "m", "n", "r", "s", "t", "d", "b", "g", "k", "p", "j", "f", "v", "1", "7", "aa", "mm", "ll"];

    [Fact]
    public void Meet_OfSounds_IsEqualityOfKeys()
    {
        var random = new Random(11);
        var met = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var (a, b) = Pair(random);
            var (keyA, keyB) = (Sounds.Key(a), Sounds.Key(b));
            Assert.Equal(keyA == keyB, Sounds.Meet(a, b));
            Assert.Equal(Unvoiced(keyA) == Unvoiced(keyB), Sounds.Meet(a, b, unvoiced: true));
            Assert.True(LetterSet.SoundsMayMeet(LetterSet.Of(a), LetterSet.Of(b)) || !Sounds.Meet(a, b, unvoiced: true), $"{a} {b}");
            met += keyA == keyB ? 1 : 0;
        }
        Assert.True(met > 10_000);
    }

    [Fact]
    public void Reaches_AnyTextsAndThresholds_IsSimilarityAtLeastThat()
    {
        var random = new Random(12);
        var reached = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var (a, b) = Pair(random);
            var least = random.Next(1, 101) / 100.0;
            var expected = JaroWinkler.Similarity(a, b) >= least;
            Assert.Equal(expected, JaroWinkler.Reaches(a, b, least));
            Assert.True(!expected || JaroWinkler.MayReach(a.Length, LetterSet.Of(a), b.Length, LetterSet.Of(b), least), $"{a} {b} {least}");
            reached += expected ? 1 : 0;
        }
        Assert.True(reached > 10_000);
        Assert.True(JaroWinkler.Reaches(new string('a', 200) + "b", new string('a', 200) + "c", 1));
    }

    [Fact]
    public void Share_EqualCodes_IsOneStringUntilItAgesOutOrAllIsForgotten()
    {
        var pool = new NameTokenPool();
        string Fresh(string text) => new([.. text]);
        var first = pool.Share(Fresh("VN"));
        Assert.Same(first, pool.Share(Fresh("VN")));
        for (var i = 0; i < NameTokenPool.Most / 2; i++)
        {
            _ = pool.Share($"c{i}");
        }
        Assert.Same(first, pool.Share(Fresh("VN")));
        for (var i = 0; i < NameTokenPool.Most * 2; i++)
        {
            _ = pool.Share($"d{i}");
        }
        Assert.NotSame(first, pool.Share(Fresh("VN")));
        var again = pool.Share(Fresh("VN"));
        pool.Clear();
        Assert.NotSame(again, pool.Share(Fresh("VN")));
        var (longer, same) = (new string('x', 200), new string('x', 200));
        Assert.Same(longer, pool.Share(longer));
        Assert.Same(same, pool.Share(same));
    }

    [Fact]
    public void Parse_WithAPool_GivesTheSameTokensAndSharesThem()
    {
        var pool = new NameTokenPool();
        foreach (var name in new[] { "Nguyễn Thị Ba", "Ko Ko", "Олена Шевченко", "محمد علي", "J. Smith / Smyth (Johnny)", "김수진", "" })
        {
            for (var round = 0; round < 2; round++)
            {
                var (expected, actual) = (NameParser.Parse(name), NameParser.Parse(name, pool: pool));
                Assert.Equal(
                    expected.SelectMany(f => f.Tokens).Select(t => (t.Text, t.Kind, string.Join(' ', t.Readings))), actual.SelectMany(f => f.Tokens).Select(t => (t.Text, t.Kind, string.Join(' ', t.Readings))));
            }
        }
        var token = NameParser.Words("Rahman", pool)[0];
        Assert.Same(token, NameParser.Words("rahman", pool)[0]);
        pool.Clear();
        Assert.NotSame(token, NameParser.Words("rahman", pool)[0]);
    }

    [Fact]
    public void Pool_MoreWordsThanItRemembers_ForgetsTheOldest()
    {
        var pool = new NameTokenPool();
        var first = NameParser.Words("rahman", pool)[0];
        for (var i = 0; i < NameTokenPool.Most; i++)
        {
            _ = NameParser.Words(string.Concat(i.ToString(System.Globalization.CultureInfo.InvariantCulture).Select(digit => (char)('a' + digit - '0'))), pool);
        }
        Assert.NotSame(first, NameParser.Words("rahman", pool)[0]);
    }

    [Fact]
    public void Remove_ARecord_LeavesNoneOfItsWordsInTheEngine()
    {
        var engine = new LinkageEngine();
        var record = new CaseRecord { ContributorId = "alpha" };
        record.Persons.Add(new Person { Role = "Victim", Names = { new PersonName { Full = "Amina Okafor" } } });
        engine.Add(new RecordHandle(1), record);
        var token = NameParser.Words("okafor", engine.Pool)[0];
        Assert.Same(token, NameParser.Words("okafor", engine.Pool)[0]);
        _ = engine.Remove(new RecordHandle(1));
        Assert.NotSame(token, NameParser.Words("okafor", engine.Pool)[0]);
    }

    private static string Unvoiced(string key) => key.Length == 0 ? key : key[0] switch { 'g' => "k", 'd' => "t", 'b' => "p", 'j' => "c", var c => c.ToString() } + key[1..];

    /// <summary>Two texts, more often than not variants of each other.</summary>
    private static (string First, string Second) Pair(Random random)
    {
        var pieces = Enumerable.Range(0, random.Next(0, 9)).Select(_ => Pieces[random.Next(Pieces.Length)]).ToList();
        var first = string.Concat(pieces);
        for (var changes = random.Next(0, 4); changes > 0; changes--)
        {
            var at = random.Next(pieces.Count + 1);
            if (at == pieces.Count)
            {
                pieces.Add(Pieces[random.Next(Pieces.Length)]);
            }
            else
            {
                pieces[at] = (pieces[at], random.Next(3)) switch
                {
                    ("c", _) => "k",
                    ("y", _) => "i",
                    ("z", _) => "s",
                    ("w", _) => "v",
                    ("g", _) => "k",
                    ("th", _) => "t",
                    ("aa", _) => "a",
                    (_, 0) => "",
                    _ => Pieces[random.Next(Pieces.Length)],
                };
            }
        }
        return (first, string.Concat(pieces));
    }
}
