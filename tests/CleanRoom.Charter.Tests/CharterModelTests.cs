using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using FsCheck;
using FsCheck.Fluent;

namespace CleanRoom.Charter.Tests;

/// <summary>
/// Random members propose, sign, forge, copy signatures, veto and submit versions of a charter in a random order, with real signatures and a real log. Whatever they do: a version takes over only if it follows
/// the one in force, every contributor whose word it needs has signed that very version with the key that counts, and none has forbidden it. The test keeps its own account of who signed what.
/// </summary>
public sealed class CharterModelTests
{
    [Fact]
    public void AnythingByAnybodyInAnyOrder_NeverPutsAVersionInForceThatSomebodyHasNotSigned()
    {
        var (taken, refused, removed, vetoed) = (0, 0, 0, 0);
        var sequences = Gen.ArrayOf(Gen.Choose(0, int.MaxValue), 160).ToArbitrary();
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60).WithQuietOnSuccess(true), Prop.ForAll(sequences, codes =>
        {
            using var room = new TestRoom().Running();
            using var world = new World(room);
            foreach (var code in codes)
            {
                world.Step(code);
            }

            (taken, refused, removed, vetoed) = (taken + world.Taken, refused + world.Refused, removed + world.Removed, vetoed + world.Vetoed);
        }));

        // A test that never gets as far as a new version, a removal or a veto that counts shows nothing.
        Assert.True(taken > 30 && refused > 60 && removed > 0 && vetoed > 2, $"{taken} taken, {removed} of them removals, {refused} refused, {vetoed} by veto");
    }

    /// <summary>A version somebody has drafted.</summary>
    /// <param name="Charter">The version.</param>
    /// <param name="Parent">What it was drafted after.</param>
    /// <param name="OnlyRemoves">The one whom it removes, if it does nothing else.</param>
    private sealed record Proposal(RoomCharter Charter, RoomCharter Parent, MemberId? OnlyRemoves)
    {
        public SignedCharter Signed { get; set; } = SignedCharter.Begin(Charter);
    }

    private sealed class World : IDisposable
    {
        private readonly TestRoom _room;
        private readonly List<(MemberId Id, SigningKey Key)> _actors = [];
        private readonly List<TestMember> _newcomers = [new("f-contributor"), new("g-contributor")];
        private readonly List<SigningKey> _secondKeys = [];
        private readonly List<Proposal> _proposals = [];
        private readonly HashSet<(Digest Charter, KeyId Key)> _words = [];
        private readonly HashSet<(Digest Charter, MemberId Member)> _vetoes = [];
        private RoomCharter _inForce;

        public World(TestRoom room)
        {
            _room = room;
            _inForce = room.Genesis;
            foreach (var member in room.Contributors.Concat(_newcomers).Append(room.Agency).Append(room.Steward))
            {
                _actors.Add((member.Id, member.Organisation));
            }

            // Two more contributors, so that one can be removed.
            var wider = _newcomers.Aggregate(CharterDraft.After(_inForce), (draft, member) => draft.Put(member.AsContributor()));
            var grown = TestRoom.Build(wider);
            _room.Accept(new CharterEntry(_room.Room, TestRoom.NewId(), _room.A.Id, TestRoom.Approved(grown, _room.Contributors.Concat(_newcomers))), _room.A.Organisation);
            _inForce = grown;
        }

        public int Taken { get; private set; }

        public int Refused { get; private set; }

        public int Removed { get; private set; }

        public int Vetoed { get; private set; }

        public void Step(int code)
        {
            var actor = _actors[code / 16 % _actors.Count];
            var proposal = _proposals.Count == 0 ? null : _proposals[code / 4096 % 4 == 0 ? code / 256 % _proposals.Count : _proposals.Count - 1];
            switch (code % 16)
            {
                case 0 or 1:
                    Propose(code);
                    break;
                case 2 or 3 or 4 or 5 or 6 when proposal is not null:
                    Sign(proposal, actor);
                    break;
                case 7 when proposal is not null:
                    // Everybody who must, or the longer stories never happen.
                    foreach (var signer in _actors.Where(signer => Needed(proposal).Contains(signer.Key.PublicKey.Id)).ToList())
                    {
                        Sign(proposal, signer);
                    }

                    break;
                case 8 when proposal is not null:
                    // Somebody signs in another's name, with a key of its own.
                    var other = _actors[code / 65536 % _actors.Count].Id;
                    proposal.Signed = proposal.Signed.With(other, CharterDecision.Sign(actor.Key, proposal.Charter, other, Decision.Approve));
                    _ = actor.Id == other && _words.Add((proposal.Charter.Hash, actor.Key.PublicKey.Id));
                    break;
                case 9 when proposal is not null && _proposals.Count > 1:
                    // A word on one version is carried over to another.
                    var from = _proposals[code / 65536 % _proposals.Count].Signed;
                    if (from.Approvals.Count > 0)
                    {
                        var (member, word) = from.Approvals.ElementAt(code / 1024 % from.Approvals.Count);
                        proposal.Signed = proposal.Signed.With(member, word);
                    }

                    break;
                case 10 when proposal is not null:
                    if (_room.Append(new VetoEntry(_room.Room, TestRoom.NewId(), actor.Id, proposal.Charter.Hash, proposal.Charter.Version), actor.Key).IsAccepted)
                    {
                        Assert.Equal(actor.Key.PublicKey.Id, _inForce.Contributor(actor.Id)?.OrganisationKey.Id);
                        _ = _vetoes.Add((proposal.Charter.Hash, actor.Id));
                    }

                    break;
                case 11 when proposal is not null:
                    // A yes that is handed in as a no, or the reverse.
                    proposal.Signed = proposal.Signed.With(actor.Id, CharterDecision.Sign(actor.Key, proposal.Charter, actor.Id, Decision.Veto));
                    break;
                case 12 or 13 or 14 or 15 when proposal is not null:
                    Submit(proposal, code / 1024 % 4 == 0 ? actor : _actors.First(member => _inForce.Contributors[0].OrganisationKey.Equals(member.Key.PublicKey)));
                    break;
                default:
                    break;
            }

            Assert.Equal(_inForce.Hash, _room.State.Charter!.Hash);
        }

        public void Dispose()
        {
            _newcomers.ForEach(member => member.Dispose());
            _secondKeys.ForEach(key => key.Dispose());
        }

        private void Propose(int code)
        {
            // Now and then after a version that is no longer, or not yet, in force.
            var parent = code / 32 % 8 == 0 && _proposals.Count > 0 ? _proposals[code / 256 % _proposals.Count].Charter : _inForce;
            var draft = CharterDraft.After(parent);
            var contributors = parent.Contributors.ToList();
            var someone = contributors[code / 512 % contributors.Count];
            MemberId? onlyRemoves = null;
            switch (code / 65536 % 6)
            {
                case 0 or 1:
                    _ = draft.SetTitle($"Trial {code} (fictional)");
                    break;
                case 2:
                    _ = draft.Remove(someone.Id);
                    onlyRemoves = someone.Id;
                    break;
                case 3:
                    _ = draft.Remove(someone.Id);
                    _ = draft.SetTitle($"Without one {code} (fictional)");
                    break;
                case 4:
                    // The key of an organisation is lost, or somebody says so.
                    var key = SigningKey.Generate();
                    _secondKeys.Add(key);
                    _actors.Add((someone.Id, key));
                    _ = draft.Put(someone with { OrganisationKey = key.PublicKey });
                    break;
                default:
                    if (_newcomers.FirstOrDefault(member => parent.Contributor(member.Id) is null) is { } back)
                    {
                        _ = draft.Put(back.AsContributor());
                    }

                    break;
            }

            if (draft.TryBuild(out var charter, out _))
            {
                _proposals.Add(new Proposal(charter, parent, onlyRemoves));
            }
        }

        private void Sign(Proposal proposal, (MemberId Id, SigningKey Key) actor)
        {
            proposal.Signed = proposal.Signed.With(actor.Id, CharterDecision.Sign(actor.Key, proposal.Charter, actor.Id, Decision.Approve));
            _ = _words.Add((proposal.Charter.Hash, actor.Key.PublicKey.Id));
        }

        private void Submit(Proposal proposal, (MemberId Id, SigningKey Key) actor)
        {
            var outcome = _room.Append(new CharterEntry(_room.Room, TestRoom.NewId(), actor.Id, proposal.Signed), actor.Key);
            if (!outcome.IsAccepted)
            {
                Refused++;
                Vetoed += outcome.Verdict?.Refusal == CharterRefusal.Vetoed ? 1 : 0;
                return;
            }

            var (charter, before) = (proposal.Charter, _inForce);
            Assert.Equal((before.Version + 1, before.Hash, before.Hash), (charter.Version, charter.Previous, proposal.Parent.Hash));
            Assert.True(before.TryFind(actor.Id, out var author));
            Assert.Equal(author.OrganisationKey.Id, actor.Key.PublicKey.Id);
            Assert.All(Needed(proposal), key => Assert.Contains((charter.Hash, key), _words));
            Assert.DoesNotContain(before.Contributors, contributor => contributor.Id != proposal.OnlyRemoves && _vetoes.Contains((charter.Hash, contributor.Id)));
            Taken++;
            Removed += proposal.OnlyRemoves is null ? 0 : 1;
            _inForce = charter;
        }

        /// <summary>The keys whose word the version needs: every contributor of it, and everyone who goes, unless a version removes one and does nothing else.</summary>
        private static HashSet<KeyId> Needed(Proposal proposal) =>
        [
            .. proposal.Charter.Contributors.Select(contributor => contributor.OrganisationKey.Id),
            .. proposal.Parent.Contributors.Where(gone => gone.Id != proposal.OnlyRemoves && proposal.Charter.Contributor(gone.Id) is null).Select(gone => gone.OrganisationKey.Id),
        ];
    }
}
