using CleanRoom.Charter;
using CleanRoom.Charter.Consent;
using CleanRoom.Matching.Records;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Records hold one answer together only where what they allow is the same to the last recipient.</summary>
public sealed class ConsentPoolTests
{
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly DateTimeOffset Expires = new(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Each differs from the first in one thing alone.</summary>
    private static readonly Func<RecordConsent>[] All =
    [
        () => Consent(),
        () => Consent() with { Contributor = MemberId.Parse("bravo") },
        () => Consent() with { Caveats = Set("LIVE_OPERATION") },
        () => Consent() with { Caveats = Set("NO_LE") },
        () => Consent() with { VictimIsChild = true },
        () => Consent() with { HasVictimOrWitness = false },
        () => Consent() with { Excluded = Set("delta") },
        () => Consent() with { Excluded = Set("echo") },
        () => Consent() with { Grants = [] },
        () => Consent() with { Grants = [Grant(), Grant()] },
        () => Consent(Grant() with { Purpose = ConsentPurpose.LeIdentifying }),
        () => Consent(Grant() with { Expires = Expires.AddDays(1) }),
        () => Consent(Grant() with { RecipientClasses = ["Ngo"] }),
        () => Consent(Grant() with { NamedRecipients = ["delta"] }),
        () => Consent(Grant() with { NamedRecipients = ["echo"] }),
        () => Consent(Grant() with { ExcludedRecipients = ["delta"] }),
    ];

    [Fact]
    public void Share_AnswersThatDifferInOneThing_AreNeverOne()
    {
        var pool = new ConsentPool();
        var shared = All.Select(make => pool.Share(make())).ToArray();
        Assert.Equal(All.Length, shared.Distinct(ReferenceEqualityComparer.Instance).Count());
        for (var i = 0; i < All.Length; i++)
        {
            Assert.Same(shared[i], pool.Share(All[i]()));
        }
    }

    [Fact]
    public void Clear_Anything_IsForgotten()
    {
        var pool = new ConsentPool();
        var first = pool.Share(Consent());
        pool.Clear();
        Assert.NotSame(first, pool.Share(Consent()));
    }

    private static RecordConsent Consent(Grant? grant = null) => new(Alpha, [grant ?? Grant()], Set(), VictimIsChild: false, HasVictimOrWitness: true);

    private static Grant Grant() => new(ConsentPurpose.TellNgo, Expires, [], [], []);

    private static HashSet<string> Set(params string[] values) => new(values, StringComparer.Ordinal);
}
