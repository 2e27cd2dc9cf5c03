using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace CleanRoom.Charter.Tests.Disclosure;

/// <summary>
/// Random people do random things in a random order, with real signatures and a real log. Whatever they do: fields leave only for a request that two officers have signed
/// and that two releasers of the contributor asked have granted, field by field, and nothing leaves after a recall. The test keeps its own account of who signed what.
/// </summary>
public sealed class DisclosureModelTests
{
    private static readonly string[] AllFields = [.. DisclosureFields.All.Keys];

    [Fact]
    public void AnythingByAnybodyInAnyOrder_NeverLetsFieldsLeaveWithoutTheApprovalsTheyNeed()
    {
        var left = 0;
        var sequences = Gen.ArrayOf(Gen.Choose(0, int.MaxValue), 90).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(40).WithQuietOnSuccess(true), Prop.ForAll(sequences, codes => left += Run(codes)));

        // A test that never gets as far as a disclosure shows nothing.
        Assert.True(left > 5, $"{left} disclosures in all runs");
    }

    private static int Run(int[] codes)
    {
        using var room = new TestRoom().Running();
        using var world = new World(room);
        foreach (var code in codes)
        {
            world.Step(code);
        }

        return world.Left;
    }

    private sealed class World : IDisposable
    {
        private readonly TestRoom _room;
        private readonly DisclosureBook _book = new();
        private readonly List<(TestMember Member, string Name, SigningKey Key, PersonRoles Roles)> _people = [];
        private readonly HashSet<SigningKey> _revoked = [];
        private readonly List<(ActEntry Entry, RoomAct Act, SigningKey By)> _acts = [];
        private readonly Dictionary<EntryId, SigningKey> _seconds = [];
        private readonly HashSet<EntryId> _recalled = [];
        private long _epoch;

        public World(TestRoom room)
        {
            _room = room;
            foreach (var (member, name, roles) in new[]
            {
                (room.Agency, "o1", PersonRoles.Officer), (room.Agency, "o2", PersonRoles.Officer), (room.Agency, "x", PersonRoles.Approver),
                (room.A, "r1", PersonRoles.Releaser), (room.A, "r2", PersonRoles.Releaser), (room.B, "r1", PersonRoles.Releaser), (room.B, "r2", PersonRoles.Releaser),
                (room.A, "o1", PersonRoles.Officer),
            })
            {
                _people.Add((member, name, room.Person(member, name, roles), roles));
            }
        }

        public int Left { get; private set; }

        public void Step(int code)
        {
            var who = _people[code / 16 % _people.Count];
            var act = _acts.Count == 0 ? default : _acts[code / 1024 % _acts.Count];
            if (code / 256 % 4 != 0)
            {
                // Mostly somebody who may, or the longer stories never happen.
                who = Likely(code, act.Entry, act.Act) ?? who;
            }

            switch (code % 16)
            {
                case 0 or 1:
                    Do(_room.Act(who.Member, ActKind.Request), new RoomAct.DisclosureRequest(
                        StrictBase64.EncodeUrl(new byte[16]), code / 512 % 2 == 0 ? _room.A.Id : _room.B.Id, "Art. 1", "p", "1", Fields(code / 4096 | 15), TestRoom.Start.AddDays(10)), who.Key);
                    break;
                case 2 or 3 or 4 or 5 when act.Entry is { Kind: ActKind.Request }:
                    Do(_room.Act(who.Member, ActKind.Decision, act.Entry.Id), new RoomAct.DisclosureDecision(Fields(code / 65536 % (code / 128 % 2 == 0 ? 16 : int.MaxValue)), "NotNecessary"), who.Key);
                    break;
                case 6 or 7 or 8 or 9 or 10 or 11 when act.Entry is not null:
                    var waited = _room.State.Act(act.Entry.Id) is { Counts: false };
                    if (_room.Append(_room.Confirm(who.Member, act.Entry), who.Key).IsAccepted)
                    {
                        Assert.True(waited && !ReferenceEquals(who.Key, act.By));
                        _seconds[act.Entry.Id] = who.Key;
                        Hear(act.Entry, act.Act);
                    }

                    break;
                case 12 when code / 1024 % 8 == 0:
                    _ = _room.Append(new PersonEntry(_room.Room, TestRoom.NewId(), who.Member.Id, true, who.Name, who.Key.PublicKey, PersonRoles.None), who.Member.Organisation);
                    _ = _revoked.Add(who.Key);
                    break;
                case 13 when act.Entry is not null && code / 1024 % 4 == 0:
                    if (_book.Recall(act.Entry.Id) is not null)
                    {
                        _ = _recalled.Add(act.Entry.Id);
                    }

                    break;
                case 14 when act.Entry is not null:
                    // The operator tries to have an epoch accepted that names whatever it likes.
                    TryLeave(act.Entry.Id, forged: true);
                    break;
                case 15:
                    foreach (var item in _book.Cases.Where(item => item.IsReleasable).ToList())
                    {
                        TryLeave(item.Request, forged: false);
                    }

                    break;
                default:
                    break;
            }
        }

        private (TestMember Member, string Name, SigningKey Key, PersonRoles Roles)? Likely(int code, ActEntry? entry, RoomAct? act)
        {
            var (member, role) = (code % 16, entry?.Kind) switch
            {
                (0 or 1, _) => (_room.Agency, PersonRoles.Officer),
                (2 or 3 or 4 or 5, ActKind.Request) => (((RoomAct.DisclosureRequest)act!).Contributor == _room.A.Id ? _room.A : _room.B, PersonRoles.Releaser),
                (6 or 7 or 8 or 9 or 10 or 11, ActKind.Request) => (_room.Agency, PersonRoles.Officer),
                (6 or 7 or 8 or 9 or 10 or 11, ActKind.Decision) => (entry!.Author == _room.A.Id ? _room.A : _room.B, PersonRoles.Releaser),
                _ => default,
            };
            var fitting = _people.Where(person => person.Member == member && person.Roles == role).ToList();
            return fitting.Count == 0 ? null : fitting[code / 16 % fitting.Count];
        }

        public void Dispose() => _people.ForEach(person => person.Key.Dispose());

        private static string[] Fields(int bits) => AllFields.Where((_, i) => ((bits >> i) & 1) == 1).DefaultIfEmpty("vehicles").ToArray();

        private void Do(ActEntry entry, RoomAct act, SigningKey by)
        {
            var accepted = _room.Append(entry, by).IsAccepted;
            Assert.False(accepted && _revoked.Contains(by));
            if (accepted)
            {
                _acts.Add((entry, act, by));
            }
        }

        private void Hear(ActEntry entry, RoomAct act)
        {
            var time = new RoomTime(TestRoom.Start.AddHours(1), TestRoom.Start.AddHours(1));
            if (act is RoomAct.DisclosureRequest asked)
            {
                _ = _book.Ask(entry.Id, _room.Agency.AsAgency() with { Quota = new AgencyQuota(100, 100) }, asked, ["p"], true, time);
            }
            else if (act is RoomAct.DisclosureDecision decision)
            {
                _ = _book.Decide(entry.About!.Value, entry.Author!, decision);
            }
        }

        private void TryLeave(EntryId request, bool forged)
        {
            var entry = _room.EpochOf(_epoch + 1, _room.Cosigned(), first: (_epoch * 4) + 1) with { Disclosed = [request] };
            var accepted = _room.Append(entry, _room.Instance).IsAccepted;
            _epoch += accepted ? 1 : 0;
            if (!accepted)
            {
                return;
            }

            // By the test's own account: two officers of the agency, two releasers of one contributor.
            var asked = _acts.Single(item => item.Entry.Id == request);
            AssertTwo(asked.Entry, asked.By, _room.Agency, PersonRoles.Officer);
            var decisions = _acts.Where(item => item.Entry.About == request && _seconds.ContainsKey(item.Entry.Id)).ToList();
            Assert.NotEmpty(decisions);
            foreach (var decision in decisions)
            {
                AssertTwo(decision.Entry, decision.By, decision.Entry.Author == _room.A.Id ? _room.A : _room.B, PersonRoles.Releaser);
            }

            if (!forged && _book.Find(request) is { IsReleasable: true } item)
            {
                Assert.DoesNotContain(request, _recalled);
                var wanted = ((RoomAct.DisclosureRequest)asked.Act).Fields;
                Assert.Contains(decisions, decision => decision.Entry.Author == item.Asked.Contributor
                    && ((RoomAct.DisclosureDecision)decision.Act).Fields.SequenceEqual(item.Granted) && !item.Granted.Except(wanted).Any());
                _ = _book.Disclose(request, TestRoom.Start.AddDays(30));
                Left++;
            }
        }

        private void AssertTwo(ActEntry entry, SigningKey first, TestMember member, PersonRoles role)
        {
            var (one, other) = (_people.Single(person => ReferenceEquals(person.Key, first)), _people.Single(person => ReferenceEquals(person.Key, _seconds[entry.Id])));
            Assert.True(one.Member == member && other.Member == member && one.Name != other.Name && one.Roles == role && other.Roles == role);
        }
    }
}
