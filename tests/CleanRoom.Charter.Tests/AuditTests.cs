using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>Random audits (T7, T12): a commitment opens to one case of one record, a draw is bound by the log, and the auditor's word needs two of its people.</summary>
public sealed class AuditTests : IDisposable
{
    private static readonly RoomId Room = RoomId.From(Guid.NewGuid());
    private static readonly MemberId Alpha = MemberId.Parse("alpha");
    private static readonly Guid Record = Guid.NewGuid();
    private static readonly CaseEvidence Case = new(new DateOnly(2026, 3, 1), "LBF-0007", "form 12");
    private static readonly byte[] Opening = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    private readonly HpkePrivateKey _auditor = HpkePrivateKey.Generate();

    [Fact]
    public void ACommitment_OpensToOneCaseOfOneRecordAlone()
    {
        var commitment = Case.Commit(Room, Alpha, Record, Opening);
        Assert.Equal(commitment, Case.Commit(Room, Alpha, Record, Opening));
        byte[] other = [.. Opening[..31], 0];
        Digest[] others =
        [
            (Case with { Intake = new DateOnly(2026, 3, 2) }).Commit(Room, Alpha, Record, Opening), (Case with { CaseNumber = "LBF-0008" }).Commit(Room, Alpha, Record, Opening),
            (Case with { Consent = "form 13" }).Commit(Room, Alpha, Record, Opening), Case.Commit(Room, Alpha, Guid.NewGuid(), Opening), Case.Commit(Room, MemberId.Parse("bravo"), Record, Opening),
            Case.Commit(RoomId.From(Guid.NewGuid()), Alpha, Record, Opening), Case.Commit(Room, Alpha, Record, other),
            (Case with { CaseNumber = "form 12", Consent = "LBF-0007" }).Commit(Room, Alpha, Record, Opening),
        ];
        Assert.DoesNotContain(commitment, others);
        Assert.Equal(others.Length, others.Distinct().Count());
        Assert.Throws<ArgumentException>(() => Case.Commit(Room, Alpha, Record, Opening.AsSpan(1)));
    }

    /// <summary>The attack: an answer that opens another record, another day, fewer or other records, or another draw.</summary>
    [Fact]
    public void AnAnswer_ThatOpensAnythingElseThanWhatWasDrawnAndCommittedTo_DoesNotAnswer()
    {
        var (answer, sample) = Answer(3);
        Assert.True(answer.Answers(Room, Alpha, sample));
        Assert.True((answer with { Records = [new OpenedRecord(answer.Records[0].Drawn, null, default), .. answer.Records.Skip(1)] }).Answers(Room, Alpha, sample));
        AuditOpening[] forged =
        [
            answer with { Records = [answer.Records[0] with { Evidence = Case with { Intake = new DateOnly(2026, 3, 2) } }, .. answer.Records.Skip(1)] },
            answer with { Records = [answer.Records[0] with { Opening = new byte[32] }, .. answer.Records.Skip(1)] },
            answer with { Records = [answer.Records[1] with { Drawn = answer.Records[0].Drawn }, .. answer.Records.Skip(1)] },
            answer with { Records = [.. answer.Records.Skip(1)] },
            answer with { Records = [.. answer.Records.Reverse()] },
            answer with { Sample = answer.Sample with { Drawn = [.. answer.Sample.Drawn.Skip(1)] }, Records = [.. answer.Records.Skip(1)] },
            answer with { Sample = answer.Sample with { Salt = new byte[32] } },
            answer with { Sample = answer.Sample with { Quarter = "2026-Q3" } },
            answer with { Sample = answer.Sample with { Withdrawn = "0" } },
            Answer(3).Answer,
        ];
        Assert.All(forged, item => Assert.False(item.Answers(Room, Alpha, sample)));
        Assert.False(answer.Answers(Room, MemberId.Parse("bravo"), sample));
        Assert.False(answer.Answers(RoomId.From(Guid.NewGuid()), Alpha, sample));
    }

    [Fact]
    public void TheFile_IsOpenedByTheAuditorAlone_ForItsRoomAndContributor()
    {
        var (answer, sample) = Answer(2);
        var file = answer.Seal(Room, Alpha, _auditor.PublicKey);
        Assert.True(AuditOpening.TryOpen(file, Room, _auditor, out var from, out var read));
        Assert.Equal(Alpha, from);
        Assert.True(read.Answers(Room, Alpha, sample));
        Assert.Equal(answer.Records.Select(record => record.Evidence), read.Records.Select(record => record.Evidence));
        Assert.DoesNotContain("LBF", System.Text.Encoding.UTF8.GetString(file), StringComparison.Ordinal);
        using var stranger = HpkePrivateKey.Generate();
        Assert.False(AuditOpening.TryOpen(file, Room, stranger, out _, out _));
        Assert.False(AuditOpening.TryOpen(file, RoomId.From(Guid.NewGuid()), _auditor, out _, out _));
        var bravo = System.Text.Encoding.UTF8.GetBytes(System.Text.Encoding.UTF8.GetString(file).Replace("\"alpha\"", "\"bravo\"", StringComparison.Ordinal));
        Assert.False(AuditOpening.TryOpen(bravo, Room, _auditor, out _, out _));
        Assert.All(Enumerable.Range(0, file.Length).Where(i => i % 7 == 0), i =>
        {
            var bad = file.ToArray();
            bad[i] ^= 1;
            Assert.False(AuditOpening.TryOpen(bad, Room, _auditor, out _, out _));
        });
    }

    [Fact]
    public void ActAndMessages_AreReadAsTheyWereWritten_AndFitASmallRoom()
    {
        var (answer, _) = Answer(AuditTerms.MostPerQuarter);
        var withdrawn = answer with { Records = [new OpenedRecord(answer.Records[0].Drawn, null, default), .. answer.Records.Skip(1)] };
        foreach (var act in (RoomAct[])[new RoomAct.SampleOpening(answer), new RoomAct.SampleOpening(withdrawn)])
        {
            Assert.True(RoomAct.TryParse(act.ToBytes(), ActKind.Opening, out var again, out _));
            Assert.Equal(act.ToBytes(), again.ToBytes());
        }

        var place = new MessagePlace(Room, MemberId.Parse(new string('m', MemberId.MaxLength)), 1L << 53, 1L << 53, Simulated: true);
        foreach (var message in (RoomMessage[])[new RoomMessage.AuditDraw(answer.Sample, TestRoom.Start), .. Enum.GetValues<AuditState>().Select(state => new RoomMessage.AuditNews("2026-Q4", state))])
        {
            var bytes = message.ToBytes(place);
            Assert.InRange(bytes.Length, 1, MessageSeal.Capacity(2048));
            Assert.True(RoomMessage.TryParse(bytes, place, out var again));
            Assert.Equal(bytes, again.ToBytes(place));
        }
    }

    [Fact]
    public void Charter_NamesAnAuditorWhoBringsAndReceivesNothing()
    {
        using var room = new TestRoom();
        var plain = room.Genesis.CanonicalBytes.ToArray();
        var terms = new AuditTerms(RoomDuration.Days(30), room.Steward.Id, _auditor.PublicKey, 3);
        var charter = TestRoom.Build(room.Draft.SetAudits(terms));
        Assert.Equal((terms.Auditor, terms.PerQuarter, terms.Key), (charter.Audits!.Auditor, charter.Audits.PerQuarter, charter.Audits.Key));
        foreach (var member in (TestMember[])[room.A, room.Agency, new TestMember("nobody")])
        {
            Assert.False(room.Draft.SetAudits(terms with { Auditor = member.Id }).TryBuild(out _, out var errors));
            Assert.Equal("audits.auditor", Assert.Single(errors).Path);
        }

        Assert.All((int[])[0, AuditTerms.MostPerQuarter + 1], most => Assert.False(room.Draft.SetAudits(terms with { PerQuarter = most }).TryBuild(out _, out _)));
        Assert.Equal(plain, TestRoom.Build(room.Draft.SetAudits(null)).CanonicalBytes.ToArray());
        Assert.Null(room.Genesis.Audits);
        Assert.Contains(CharterDiff.Describe(room.Genesis, charter), line => line.StartsWith("random audits", StringComparison.Ordinal));
    }

    /// <summary>The attack: an instance that draws twice, for a quarter that is not over or of nobody, or tells nobody of it.</summary>
    [Fact]
    public void ADraw_ComesOnceAQuarter_OfAContributorThatIsTold_AndNeverOfTheQuarterThatRuns()
    {
        using var room = Audited();
        var (sample, other) = (Digest.Of("s"u8), Digest.Of("t"u8));
        var turn = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Refuse(1, TestRoom.Start.AddHours(1), new EpochAudit(room.A.Id, "2026-Q4", sample));
        Refuse(1, TestRoom.Start.AddHours(1), new EpochAudit(room.A.Id, "2026-Q3", sample));
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
        Assert.Null(room.State.AuditDue(room.A.Id, turn.AddSeconds(-1)));
        Assert.Equal("2026-Q4", room.State.AuditDue(room.A.Id, turn));
        Assert.Null(room.State.AuditDue(room.Agency.Id, turn));
        Refuse(2, turn, new EpochAudit(room.A.Id, "2027-Q1", sample));
        Refuse(2, turn, new EpochAudit(room.Agency.Id, "2026-Q4", sample));
        var untold = room.EpochOf(2, room.Cosigned(turn), 5, time: turn);
        room.Refuse(IgnoredReason.NotApproved, untold with { Audits = [new EpochAudit(room.A.Id, "2026-Q4", sample)], Recipients = [.. untold.Recipients.Where(item => item.Member != room.A.Id)] }, room.Instance);
        Accept(2, turn, new EpochAudit(room.A.Id, "2026-Q4", sample), new EpochAudit(room.B.Id, "2026-Q4", other));
        Refuse(3, turn.AddDays(1), new EpochAudit(room.A.Id, "2026-Q4", other));
        Accept(3, turn.AddMonths(3), new EpochAudit(room.A.Id, "2027-Q1", other));
        Assert.Equal(["2026-Q4", "2027-Q1"], room.State.AuditsOf(room.A.Id).Select(audit => audit.Of.Quarter));
        Assert.True(room.State.Audit(room.A.Id, "2026-Q4")!.Through < room.State.Audit(room.A.Id, "2027-Q1")!.Through);

        EpochEntry Entry(long epoch, DateTimeOffset time, EpochAudit[] audits) => room.EpochOf(epoch, room.Cosigned(time), ((epoch - 1) * 4) + 1, time: time) with { Audits = audits };
        void Accept(long epoch, DateTimeOffset time, params EpochAudit[] audits) => room.Accept(Entry(epoch, time, audits), room.Instance);
        void Refuse(long epoch, DateTimeOffset time, params EpochAudit[] audits) => room.Refuse(IgnoredReason.NotApproved, Entry(epoch, time, audits), room.Instance);
    }

    [Fact]
    public void ADrawThatNobodyWasTold_IsVoid_AndIsDrawnAnew()
    {
        using var room = Audited();
        var turn = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
        room.Accept(room.EpochOf(2, room.Cosigned(turn), 5, time: turn) with { Audits = [new EpochAudit(room.A.Id, "2026-Q4", Digest.Of("s"u8))] }, room.Instance);
        Assert.Null(room.State.AuditDue(room.A.Id, turn));
        room.Accept(room.InstanceOf(2, room.NextInstance()), room.Instance);
        foreach (var member in room.WithBroker)
        {
            room.Accept(room.ReleaseOf(member, 2), member.Verifier);
        }

        room.Accept(room.EpochOf(3, room.Cosigned(turn), 9, time: turn) with { Void = [new VoidMessages(2, room.A.Id)] }, room.Instance);
        Assert.Empty(room.State.Audits);
        Assert.Equal("2026-Q4", room.State.AuditDue(room.A.Id, turn));
    }

    /// <summary>The attack: a verdict by one person, by somebody else, of another draw or quarter, or confirmed by who signed it.</summary>
    [Fact]
    public void AVerdict_IsTheAuditorsOfTwoPeople_OnADrawThatThereWas()
    {
        using var room = Audited();
        var turn = new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var of = new EpochAudit(room.A.Id, "2026-Q4", Digest.Of("s"u8));
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
        room.Accept(room.EpochOf(2, room.Cosigned(turn), 5, time: turn) with { Audits = [of] }, room.Instance);
        using var first = room.Person(room.Steward, "w1", PersonRoles.Approver);
        using var second = room.Person(room.Steward, "w2", PersonRoles.Approver);
        using var sameName = room.Person(room.Steward, "w1", PersonRoles.Approver);
        using var officer = room.Person(room.Steward, "w3", PersonRoles.Officer);
        room.Refuse(IgnoredReason.NotAllowed, Verdict(of) with { Author = room.B.Id }, room.B.Approver);
        room.Refuse(IgnoredReason.NotAllowed, Verdict(of) with { Author = room.A.Id }, room.A.Approver);
        room.Refuse(IgnoredReason.UnknownSigner, Verdict(of), room.A.Approver);
        room.Refuse(IgnoredReason.WrongRole, Verdict(of), officer);
        room.Refuse(IgnoredReason.UnknownAudit, Verdict(of with { Quarter = "2027-Q1" }), first);
        room.Refuse(IgnoredReason.UnknownAudit, Verdict(of with { Quarter = "2026-Q3" }), first);
        room.Refuse(IgnoredReason.UnknownAudit, Verdict(of with { Sample = Digest.Of("t"u8) }), first);
        room.Refuse(IgnoredReason.UnknownAudit, Verdict(of with { Member = room.B.Id }), first);
        room.Accept(Verdict(of), first);
        Assert.Null(room.State.Audit(room.A.Id, "2026-Q4")!.Result);
        room.Refuse(IgnoredReason.SamePerson, Confirm(), first);
        room.Refuse(IgnoredReason.SamePerson, Confirm(), sameName);
        room.Refuse(IgnoredReason.WrongRole, Confirm(), officer);
        room.Refuse(IgnoredReason.UnknownAct, Confirm() with { Author = room.A.Id }, room.A.Approver);
        Assert.Null(room.State.Audit(room.A.Id, "2026-Q4")!.Result);
        room.Accept(Confirm(), second);
        Assert.Equal(AuditResult.Passed, room.State.Audit(room.A.Id, "2026-Q4")!.Result);

        // A later word counts, when two have signed it again.
        room.Accept(Verdict(of) with { Result = AuditResult.Failed }, second);
        Assert.Equal(AuditResult.Passed, room.State.Audit(room.A.Id, "2026-Q4")!.Result);
        room.Accept(Confirm(), first);
        Assert.Equal(AuditResult.Failed, room.State.Audit(room.A.Id, "2026-Q4")!.Result);

        VerdictEntry Verdict(EpochAudit draw) => new(room.Room, TestRoom.NewId(), room.Steward.Id, draw, AuditResult.Passed);
        ConfirmEntry Confirm() => new(room.Room, TestRoom.NewId(), room.Steward.Id, room.State.WaitingVerdicts.Single().LeafHash);
    }

    [Fact]
    public void AnOpening_NeedsACharterWithAudits_AndTwoReleasers()
    {
        using var plain = new TestRoom().Running();
        using var alone = plain.Person(plain.A, "r1", PersonRoles.Releaser);
        plain.Refuse(IgnoredReason.NotAllowed, plain.Act(plain.A, ActKind.Opening), alone);

        using var room = Audited();
        using var first = room.Person(room.A, "r1", PersonRoles.Releaser);
        using var second = room.Person(room.A, "r2", PersonRoles.Releaser);
        room.Refuse(IgnoredReason.WrongRole, room.Act(room.A, ActKind.Opening), room.A.Approver);
        room.Refuse(IgnoredReason.NotAllowed, room.Act(room.Agency, ActKind.Opening), room.Agency.Approver);
        var act = room.Act(room.A, ActKind.Opening);
        room.Accept(act, first);
        Assert.False(room.State.Act(act.Id)!.Counts);
        room.Refuse(IgnoredReason.SamePerson, room.Confirm(room.A, act), first);
        room.Accept(room.Confirm(room.A, act), second);
        Assert.True(room.State.Act(act.Id)!.Counts);
    }

    [Fact]
    public void Quarters_GoBackByOne()
    {
        Assert.Equal(
            ["2026-Q4", "2027-Q1", "2027-Q1", "2027-Q3"],
            ((int[])[1, 4, 6, 12]).Select(month => BudgetPeriod.QuarterBefore(new DateTimeOffset(2027, month, 1, 0, 0, 0, TimeSpan.Zero))));
    }

    public void Dispose() => _auditor.Dispose();

    private TestRoom Audited() => new TestRoom(new AuditTerms(RoomDuration.Days(30), MemberId.Parse("e-steward"), _auditor.PublicKey, 3)).Running();

    private static (AuditOpening Answer, Digest Sample) Answer(int count)
    {
        var records = Enumerable.Range(0, count).Select(_ => Guid.NewGuid()).OrderBy(id => id.ToString("D"), StringComparer.Ordinal)
            .Select((id, i) => (Id: id, Case: Case with { CaseNumber = $"LBF-{i}" }, Opening: Guid.NewGuid().ToByteArray().Concat(Guid.NewGuid().ToByteArray()).ToArray()))
            .Select(item => new OpenedRecord(new DrawnRecord(item.Id, item.Case.Commit(Room, Alpha, item.Id, item.Opening)), item.Case, item.Opening)).ToList();
        var sample = new AuditSample("2026-Q4", Digest.Of("salt"u8).Span.ToArray(), "3-5", [.. records.Select(record => record.Drawn)]);
        return (new AuditOpening(sample, records), sample.DigestIn(Room, Alpha));
    }
}
